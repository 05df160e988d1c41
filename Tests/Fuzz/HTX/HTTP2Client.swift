// SPDX-License-Identifier: Apache-2.0
// Modules: TransportBytes=Plugins/Shared/Bytes HTXSite=Plugins/HTX/Site
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto HTXTickets=Plugins/HTX/Tickets HTXTCP=Plugins/HTX/TCP
// Options: -max_len=8192
import HTXSite
import HTXTCP
import HTXTickets
import MeshCrypto

private nonisolated(unsafe) let key = TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!
private nonisolated(unsafe) let site = try! Site(folder: nil, started: 1000)

private final class Dialler: LaneHandler {
  var isOpen = false
  var ends = 0
  override func opened() {
    precondition(!isOpen)
    isOpen = true
  }
  override func received(_ lane: Int, _ bytes: UnsafeRawBufferPointer) -> Int { bytes.count / 2 }
  override func fill(_ lane: Int, _ target: UnsafeMutableRawBufferPointer) -> Int { 0 }
  override func ended(_ end: LaneEnd) {
    ends += 1
    precondition(ends == 1)
  }
}

/// Takes any ticket.
private final class Gatekeeper: LaneHandler {
  override func judge(_ candidates: [String]) -> TicketVerdict { candidates.isEmpty ? .decoy : .wait }
}

/// Frames from steps of four bytes: type and whether a good status goes in front, flags, stream, length of what follows.
private func frames(_ steps: UnsafeBufferPointer<UInt8>) -> [UInt8] {
  var all: [UInt8] = []
  var at = 0
  while at + 4 <= steps.count {
    let count = min(Int(steps[at + 3]), steps.count - at - 4)
    var body: [UInt8] = steps[at] & 0x80 != 0 ? [steps[at] & 0x40 != 0 ? 0x88 : 0x8D] : []
    body += steps[(at + 4)..<(at + 4 + count)]
    all += [0, 0, UInt8(clamping: body.count), steps[at] & 15, steps[at + 1], 0, 0, 0, steps[at + 2]]
    all += body.prefix(255)
    at += 4 + count
  }
  return all
}

/// What a dialler makes of a server's bytes, before its lanes are open, or after them. The first byte says which, the
/// carrier of the ticket, whether the bytes are frames already, and how they are cut.
@c(LLVMFuzzerTestOneInput)
public func fuzzHTTP2Client(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let data, size > 1 else { return 0 }
  let carrier = TicketCarrier.allCases[Int(data[0] & 3) % TicketCarrier.allCases.count]
  guard let policy = TicketPolicy(shares: [carrier: 1000], padding: 24...64),
    let ticket = IssuedTicket(for: key.publicKey, policy: policy, unixSeconds: 0, random: .seeded(2))
  else { return 0 }
  let (near, far) = (Dialler(), Gatekeeper())
  defer { withExtendedLifetime((near, far)) {} }
  let target = ClientTarget(authority: "example.org", path: "/", cookie: "id")
  guard let client = ClientConnection(target, ticket, near) else { return 0 }
  while data[0] & 4 != 0, !near.isOpen {
    guard let server = ServerConnection(site, far, clock: { 0 }) else { return 0 }
    for _ in 0..<4 {
      while let bytes = client.send() { precondition(server.receive(bytes)) }
      server.settle(admitted: true)
      while let bytes = server.send() { precondition(client.receive(bytes)) }
    }
    precondition(near.isOpen)
  }
  let given = UnsafeBufferPointer(start: data + 1, count: size - 1)
  let bytes = data[0] & 8 == 0 ? [0, 0, 0, 4, 0, 0, 0, 0, 0] + frames(given) : Array(given)
  let step = data[0] >> 4 == 0 ? bytes.count : Int(data[0] >> 4)
  var at = 0
  while at < bytes.count, client.isAlive {
    let end = min(bytes.count, at + step)
    guard bytes[at..<end].withUnsafeBytes({ client.receive($0) }) else { break }
    at = end
    var sent = 0
    while sent < 1 << 20, let bytes = client.send() { sent += bytes.count }
  }
  client.shut()
  while client.send() != nil {}
  return 0
}
