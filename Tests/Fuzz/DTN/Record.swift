// SPDX-License-Identifier: Apache-2.0
// Modules: BundleProtocol=Plugins/DTN/Bundle
// Sources: Plugins/DTN/Store/BundleRecord.swift Plugins/DTN/Store/EndpointCache.swift
import BundleProtocol

/// Names of earlier inputs are in their places.
nonisolated(unsafe) private var endpoints = EndpointCache(places: 4)

/// A record of the store as a damaged disk may have it: read with and without the names of others it is the same, and what
/// is written again is read as the same.
@c(LLVMFuzzerTestOneInput)
public func fuzzRecord(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: data, count: count)
  var size: Int?
  let first = try? BundleRecord(input, endpoints: &endpoints, size: &size)
  guard let record = try? BundleRecord(input) else {
    precondition(first == nil)
    return 0
  }
  precondition(first == record)
  var again: Int?
  let copy = record.encoded(size: size ?? 7).withUnsafeBytes {
    try? BundleRecord($0, endpoints: &endpoints, size: &again)
  }
  precondition(copy == record && again == size ?? 7)
  return 0
}
