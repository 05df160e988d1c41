// SPDX-License-Identifier: Apache-2.0
// Modules: TransportBytes=Plugins/Shared/Bytes HTXSite=Plugins/HTX/Site
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto HTXTickets=Plugins/HTX/Tickets HTXTCP=Plugins/HTX/TCP
import HTXSite
import HTXTCP

private nonisolated(unsafe) let site = try! Site(folder: "docs/operator", started: 1000)

/// What a visitor gets whose bytes come in pieces of at most `step`.
private func answers(_ bytes: UnsafeRawBufferPointer, step: Int) -> [UInt8] {
  let connection = PlainConnection(site, clock: { 784_111_777 })
  var all: [UInt8] = []
  var at = 0
  while true {
    while let output = connection.send() {
      precondition(!output.isEmpty)
      if all.count < 1 << 20 { all += output }
      connection.sent(output.count)
    }
    guard at < bytes.count, connection.isAlive, connection.wantsInput else { return all }
    let end = min(bytes.count, at + step)
    connection.receive(UnsafeRawBufferPointer(rebasing: bytes[at..<end]))
    at = end
  }
}

/// A visitor of the site over HTTP/1: answers do not depend on how the requests are cut. The first byte says how.
@c(LLVMFuzzerTestOneInput)
public func fuzzHTTP1(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let data, size > 1, size < 16_384 else { return 0 }
  let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
  let whole = answers(bytes, step: bytes.count)
  let pieces = answers(bytes, step: Int(data[0]) % 64 + 1)
  if !whole.isEmpty { precondition(whole.starts(with: "HTTP/1.1 ".utf8)) }
  // A body of chunks that are none is noticed at once only when it comes together with its head.
  if !bytes.contains(UInt8(ascii: "T")) && !bytes.contains(UInt8(ascii: "t")) { precondition(pieces == whole) }
  return 0
}
