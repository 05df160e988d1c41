// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshSession
import MeshWire

/// One of the two ends.
final class End: SessionEndpointDelegate {
  let endpoint: SessionEndpoint
  let frames = EndlessFrames()
  var session: Session?

  init(_ identity: Identity) {
    endpoint = SessionEndpoint(identity: identity, incarnation: 1, random: .system)
    endpoint.delegate = self
  }

  func admission(of _: NodeID) -> Admission { .admitted }
  func makeFrameLayer(for peer: NodeID) -> any FrameLayer { frames }
  func linkConfirmed(_ link: SecureLink, session: Session, now: UInt64) { self.session = session }
  func linkFailed(_ link: SecureLink, error: SessionError, now: UInt64) { Main.fail(error.text) }
  func linkSuspect(_ link: SecureLink, now: UInt64) {}
  func linkRecovered(_ link: SecureLink, now: UInt64) {}
  func sessionRestarted(_ session: Session, now: UInt64) {}
  func sessionEnded(_ session: Session, now: UInt64) {}
}

/// Two session endpoints with one link between them, whose packets are opened where they were sealed.
final class EndpointPair {
  let a = End(Identity.generate())
  let b = End(Identity.generate())
  private let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
  private var dirty: [SecureLink] = []
  private var now: UInt64 = 1_000_000_000

  /// - Parameter isOrdered: a link like a TCP connection; else one like a UDP socket, with a window and loss detection.
  init(isOrdered: Bool) {
    let link = LinkCharacteristics(reliable: isOrdered, ordered: isOrdered, mtu: 1200)
    a.endpoint.linkUp(1, dialled: b.endpoint.identity.id, characteristics: link, binding: [], now: now)
    b.endpoint.linkUp(1, dialled: nil, characteristics: link, binding: [], now: now)
    for _ in 0..<8 where !carry(most: 100) {}
    guard a.session != nil, b.session != nil else { Main.fail("the handshake did not finish") }
  }

  deinit { space.deallocate() }

  /// Carries packets both ways until `most` have gone from a to b; true when nothing moved.
  func carry(most: Int) -> Bool {
    var isQuiet = true
    now += 20_000
    for (from, to) in [(a, b), (b, a)] {
      from.endpoint.takeDirtyLinks(into: &dirty)
      for link in dirty {
        var count = 0
        while count < most {
          let packet = from.endpoint.nextPacket(on: link, into: space, now: now)
          guard packet.length > 0 else { break }
          to.endpoint.receive(
            1, packet: UnsafeMutableRawBufferPointer(rebasing: space[..<packet.length]), now: now)
          isQuiet = false
          count += 1
        }
      }
    }
    return isQuiet
  }

  /// Sends at least `count` packets of 1,200 bytes from a to b, with their acknowledgements; returns how many arrived.
  func send(_ count: Int) -> Int {
    let before = b.frames.received
    a.frames.isSending = true
    while b.frames.received - before < count {
      a.session?.wantsToSend()
      _ = carry(most: 64)
    }
    a.frames.isSending = false
    return b.frames.received - before
  }
}
