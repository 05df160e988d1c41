// SPDX-License-Identifier: Apache-2.0
// Modules: TransportBytes=Plugins/Shared/Bytes TransportTLS=Plugins/Shared/TLS
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto HTXTickets=Plugins/HTX/Tickets
// Sources: Plugins/HTX/Driver/HTXAddress.swift
import HTXTickets

/// Addresses from peer records and invitations: what is read can stand in a request, and reads the same again.
@c(LLVMFuzzerTestOneInput)
public func fuzzAddresses(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
  for candidate in [text, "htx://" + text, "htx+tcp://a:1/#" + text] {
    guard let address = HTXAddress(candidate) else { continue }
    precondition(!address.host.isEmpty && address.path.hasPrefix("/"))
    precondition((address.authority + address.path).utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
    precondition(!address.path.contains("?") && !address.path.contains("#"))
    guard let again = HTXAddress("\(address.scheme)://\(address.authority)\(address.path)") else {
      preconditionFailure("what was read is no address")
    }
    precondition(again.host == address.host && again.port == address.port && again.path == address.path)
  }
  return 0
}
