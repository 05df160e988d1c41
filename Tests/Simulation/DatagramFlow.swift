// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshSession

/// Unreliable messages: each arrives once or not at all, undamaged.
final class DatagramFlow: StreamHandler, ProtocolServer {
  unowned let world: World
  let from: Int
  let number: UInt64
  let name: String
  private var sent: UInt64 = 0
  private var arrived: Set<UInt64> = []

  init(world: World, from: Int, number: UInt64) {
    self.world = world
    self.from = from
    self.number = number
    name = "/datagrams/\(number)"
    super.init()
    serve()
  }

  func serve() { try? world.nodes[1 - from].core.serve(name, with: self) }

  func send(_ count: UInt64) {
    guard count > 0 else { return }
    let body = Payload.message(number, number: sent, size: world.random.number(8...1200))
    sent += 1
    do throws(NodeError) {
      try body.withUnsafeBufferPointer { (bytes) throws(NodeError) in
        try world.nodes[from].core.send(
          datagram: UnsafeRawBufferPointer(bytes), to: world.identities[1 - from].id, protocol: name,
          trafficClass: .realtime, now: world.now)
      }
    } catch {
      guard error == .refused(.tooLarge) || error == .refused(.streamLimit) else {
        return world.fail("\(name): \(error)")
      }
    }
    world.at(world.random.number(UInt64(1)...40) * 1_000_000) { [unowned self] in send(count - 1) }
  }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance { .accept(self) }

  override func received(datagram: UnsafeRawBufferPointer, on stream: StreamReference, of multiplexer: Multiplexer) {
    guard let token = Payload.number(of: datagram, flow: number) else {
      return world.fail("\(name): a damaged datagram")
    }
    world.statistics.datagrams += 1
    if !arrived.insert(token).inserted { world.fail("\(name): datagram \(token) came twice") }
  }
}
