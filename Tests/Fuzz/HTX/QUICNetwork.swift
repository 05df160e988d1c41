// SPDX-License-Identifier: Apache-2.0
// Modules: HTXQUIC=Plugins/HTX/QUIC HTXHTTP3=Plugins/HTX/HTTP3 TestSupport=Tests/Support/TestSupport
// Modules: HTXTestNetwork=Tests/Plugins/HTX/Network
// Options: -max_len=2048
import CHTTP3
import CQUIC
import HTXHTTP3
import HTXQUIC
import HTXTestNetwork

/// A client that sends what it was given on whatever streams it may open.
private final class Noise: ConnectionHandler {
  var queue: [(stream: Int64, bytes: UnsafeMutableBufferPointer<UInt8>, isFinal: Bool)] = []
  private var next = 0
  private var offset = 0
  var isConnected = false
  var isOver = false

  deinit { for item in queue { item.bytes.deallocate() } }

  func send(_ bytes: UnsafeBufferPointer<UInt8>, on stream: Int64, isFinal: Bool) {
    let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count + 1)
    _ = memory.initialize(from: bytes)
    queue.append((stream, UnsafeMutableBufferPointer(rebasing: memory[..<bytes.count]), isFinal))
  }

  override func connected(_ connection: Connection) { isConnected = true }
  override func received(_ connection: Connection, stream: Int64, bytes: UnsafeRawBufferPointer, isFinal: Bool) {
    connection.consumed(stream: stream, count: bytes.count)
  }
  override func ended(_ connection: Connection, _ reason: CloseReason) { isOver = true }
  override func pull(_ connection: Connection, _ out: UnsafeMutablePointer<cquic_outgoing>) -> Bool {
    guard next < queue.count else { return false }
    let item = queue[next]
    out.pointee.stream = item.stream
    out.pointee.vectors.0 = cquic_vector(
      bytes: item.bytes.baseAddress.map { $0 + offset }, length: item.bytes.count - offset)
    out.pointee.count = 1
    out.pointee.fin = item.isFinal ? 1 : 0
    return true
  }
  override func took(_ connection: Connection, stream: Int64, count: UInt64, isFinal: Bool) {
    offset += Int(count)
    guard offset == queue[next].bytes.count else { return }
    next += 1
    offset = 0
  }
  override func refused(_ connection: Connection, stream: Int64, isGone: Bool) {
    next += 1
    offset = 0
  }
}

/// A site of one page.
private final class Page: HTTP3Handler {
  nonisolated(unsafe) static let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 3000)
  private var sent: Set<Int64> = []

  override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    _ = connection.answer(stream, [HTTPField(":status", "200")], hasBody: true)
  }
  override func fill(
    _ connection: HTTP3Connection, stream: Int64, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int
  ) -> HTTP3Fill {
    guard sent.insert(stream).inserted else { return .last(0) }
    vectors.pointee = cquic_vector(bytes: UnsafePointer(Self.bytes.baseAddress), length: Self.bytes.count)
    return .filled(1)
  }
}

private nonisolated(unsafe) let serverCredentials = try! Credentials(.selfMade(name: "server"), protocols: ["h3"])
private nonisolated(unsafe) let clientCredentials = try! Credentials(.authorities(nil), protocols: ["h3"])

/// A client and a server over a network that changes packets: the handshake, then noise on the client's streams. Three
/// bytes at the beginning say which packets are changed, where and how.
@c(LLVMFuzzerTestOneInput)
public func fuzzNetwork(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let data, size > 4, let pin = serverCredentials.pin else { return 0 }
  let bytes = UnsafeBufferPointer(start: data, count: size)
  let network = VirtualNetwork(seed: 1)
  var handlers: [Page] = []
  guard
    let server = Endpoint(
      serverCredentials, EndpointOptions(), sink: VirtualSink(network),
      acceptor: { _ in
        handlers.append(Page())
        return HTTP3Connection(isServer: true, handlers[handlers.count - 1], HTTP3Limits(), requestStreams: 100)
      }),
    let client = Endpoint(clientCredentials, EndpointOptions(), sink: VirtualSink(network))
  else { return 0 }
  defer { withExtendedLifetime((server, client)) {} }
  let (there, here) = (NetworkAddress(v4: (192, 0, 2, 1), port: 443), NetworkAddress(v4: (192, 0, 2, 9), port: 40_000))
  network.attach(server, at: there)
  network.attach(client, at: here)
  change(network, Int(bytes[0] & 15), Int(bytes[1]), bytes[2], from: [there, here])
  let noise = Noise()
  guard
    let connection = client.connect(
      to: there, from: here, PeerIdentity(name: "server", pins: [pin]), noise, now: network.now)
  else { return 0 }
  guard network.run(seconds: 30, until: { noise.isConnected || noise.isOver }), noise.isConnected else { return 0 }
  var at = 3
  while at + 2 < size {
    let count = min(Int(bytes[at + 1]), size - at - 2)
    let isTwoWay = bytes[at] & 1 == 0
    let piece = UnsafeBufferPointer(rebasing: bytes[(at + 2)..<(at + 2 + count)])
    if let stream = connection.openStream(isBidirectional: isTwoWay) {
      noise.send(piece, on: stream, isFinal: bytes[at] & 2 == 0)
    }
    at += 2 + count
  }
  connection.wake()
  network.run(seconds: 3) { noise.isOver }
  precondition(server.connections <= 1)
  return 0
}

/// The packet whose number is `which` comes once more, in front of itself, with one byte changed.
private func change(_ network: VirtualNetwork, _ which: Int, _ place: Int, _ mask: UInt8, from ends: [NetworkAddress]) {
  var number = -1
  network.filter = { [unowned network] packet, to in
    number += 1
    guard number == which, mask != 0, let other = ends.first(where: { $0 != to }) else { return false }
    var changed = Array(packet)
    changed[place * changed.count / 256] ^= mask
    network.inject(changed, from: other, to: to)
    // An odd mask loses the true one.
    return mask & 1 == 1
  }
}
