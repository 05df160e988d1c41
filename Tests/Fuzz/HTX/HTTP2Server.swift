// SPDX-License-Identifier: Apache-2.0
// Modules: TransportBytes=Plugins/Shared/Bytes HTXSite=Plugins/HTX/Site
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto HTXTickets=Plugins/HTX/Tickets HTXTCP=Plugins/HTX/TCP
// Options: -max_len=8192
import HTXSite
import HTXTCP
import HTXTickets

private nonisolated(unsafe) let site = try! Site(folder: "docs/operator", started: 1000)

/// Takes any ticket, reads half of what comes, and sends a little on every lane.
private final class Gatekeeper: LaneHandler {
  let takesTickets: Bool
  var isWaiting = false
  var isOpen = false
  var ends = 0
  var left = [Int](repeating: 3, count: LaneNumbers.count)

  init(takesTickets: Bool) { self.takesTickets = takesTickets }

  override func judge(_ candidates: [String]) -> TicketVerdict {
    guard takesTickets, !isWaiting else { return .decoy }
    isWaiting = true
    return .wait
  }
  override func opened() {
    precondition(takesTickets && !isOpen)
    isOpen = true
  }
  override func received(_ lane: Int, _ bytes: UnsafeRawBufferPointer) -> Int { bytes.count / 2 }
  override func fill(_ lane: Int, _ target: UnsafeMutableRawBufferPointer) -> Int {
    guard left[lane] > 0 else { return lane == 0 ? -1 : 0 }
    left[lane] -= 1
    target.initializeMemory(as: UInt8.self, repeating: 7)
    return target.count
  }
  override func ended(_ end: LaneEnd) {
    ends += 1
    precondition(ends == 1)
  }
}

/// Frames from steps of four bytes: type and whether a good head goes in front, flags, stream, length of what follows.
private func frames(_ steps: UnsafeBufferPointer<UInt8>) -> [UInt8] {
  let heads: [[UInt8]] = [
    [0x82, 0x84, 0x87, 0x41, 0x01, 0x61],  // GET /
    [0x83, 0x87, 0x41, 0x01, 0x61, 0x04, 0x05] + Array("/?c=0".utf8),  // POST, a lane
    [0x82, 0x87, 0x41, 0x01, 0x61, 0x04, 0x06] + Array("/?bn1=".utf8),
    [0x83, 0x84, 0x87, 0x41, 0x01, 0x61, 0x0F, 0x0D, 0x01, 0x35],  // POST with a length
  ]
  var all: [UInt8] = []
  var at = 0
  while at + 4 <= steps.count {
    let (kind, flags, stream) = (steps[at], steps[at + 1], steps[at + 2])
    let count = min(Int(steps[at + 3]), steps.count - at - 4)
    var body = kind & 0x80 != 0 ? heads[Int(kind >> 5) & 3] : []
    if kind & 0xE0 == 0xA0 { body[body.count - 1] = 0x30 + stream % 7 }
    body += steps[(at + 4)..<(at + 4 + count)]
    all += [0, UInt8(body.count >> 8), UInt8(body.count & 255), kind & 15, flags, 0, 0, 0, stream] + body
    at += 4 + count
  }
  return all
}

/// A visitor over HTTP/2, with the preface before what it sends. The first byte: whether it gets in, whether it reads,
/// whether its bytes are frames already, and how they are cut.
@c(LLVMFuzzerTestOneInput)
public func fuzzHTTP2Server(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let data, size > 1 else { return 0 }
  let handler = Gatekeeper(takesTickets: data[0] & 1 == 1)
  let isReading = data[0] & 2 == 0
  let given = UnsafeBufferPointer(start: data + 1, count: size - 1)
  let bytes = data[0] & 4 == 0 ? frames(given) : Array(given)
  let step = data[0] >> 3 == 0 ? bytes.count : Int(data[0] >> 3)
  guard let server = ServerConnection(site, handler, clock: { 784_111_777 }) else { return 0 }
  defer { withExtendedLifetime(handler) {} }
  let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
  precondition(preface.withUnsafeBytes { server.receive($0) })
  var at = 0
  while at < bytes.count, server.isAlive {
    let end = min(bytes.count, at + step)
    guard bytes[at..<end].withUnsafeBytes({ server.receive($0) }) else { break }
    at = end
    if handler.isWaiting { server.settle(admitted: true) }
    for lane in 0..<LaneNumbers.count { server.resume(lane) }
    var sent = 0
    while isReading, sent < 1 << 20, let bytes = server.send() { sent += bytes.count }
  }
  server.shut()
  precondition(server.pending <= 256)
  var sent = 0
  while sent < 1 << 20, let bytes = server.send() { sent += bytes.count }
  return 0
}
