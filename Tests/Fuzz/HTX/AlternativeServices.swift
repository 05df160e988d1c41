// SPDX-License-Identifier: Apache-2.0
// Sources: Plugins/HTX/TCP/AlternativeService.swift

/// Values of Alt-Svc from strange sites: what is said again of another port is read as that.
@c(LLVMFuzzerTestOneInput)
public func fuzzAlternativeServices(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let value = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
  guard let service = AlternativeService(value) else { return 0 }
  precondition(value.utf8.count <= 1024 && service.port > 0)
  let again = AlternativeService(service.text(port: 1))
  precondition(
    again?.port == 1 && again?.maximumAge == service.maximumAge && again?.isPersistent == service.isPersistent)
  return 0
}
