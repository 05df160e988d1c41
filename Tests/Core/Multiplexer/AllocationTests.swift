// SPDX-License-Identifier: Apache-2.0
import AllocationCount
import MeshMultiplexer
import Testing

@testable import MeshSession

/// Takes messages and counts them; allocates nothing.
final class Counter: StreamHandler, StreamAcceptor {
  var count = 0

  override func received(_ run: inout MessageRun, on _: StreamReference, of _: Multiplexer) {
    while run.next() != nil { count += 1 }
  }

  func opened(_: StreamReference, _: StreamPreamble, of _: Multiplexer) -> StreamAcceptance { .accept(self) }
}

@Suite(.enabled(if: allocation_count_is_available() != 0)) struct AllocationTests {
  private func exchange(
    _ sender: Multiplexer, _ receiver: Multiplexer, _ space: UnsafeMutableRawBufferPointer,
    _ list: inout FrameRecordList, now: UInt64
  ) throws(SessionError) {
    while let trafficClass = sender.nextClass(among: .all) {
      list.removeAll()
      let count = sender.fill(space, of: trafficClass, records: &list, now: now)
      if count == 0 { return }
      var at = 0
      while at < count { at += try receiver.receive(.init(rebasing: space[at..<count]), now: now) }
      var index = 0
      while index < list.count {
        sender.acknowledged(list[index], now: now)
        index += 1
      }
    }
  }

  @Test("A message that is sent, received, released and acknowledged allocates nothing")
  func steadyState() throws {
    let (a, b) = (Multiplexer(opensEven: true), Multiplexer(opensEven: false))
    let counter = Counter()
    b.acceptor = counter
    defer { withExtendedLifetime(counter) { b.detach() } }
    a.restart(parameters: PeerParameters(), now: 0)
    b.restart(parameters: PeerParameters(), now: 0)
    let stream = try a.open(
      StreamPreamble(kind: .messages, trafficClass: .normal, name: "/t/1"), handler: StreamHandler())
    let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 1400, alignment: 16)
    let body = UnsafeRawBufferPointer(start: space.baseAddress, count: 700)
    defer { space.deallocate() }
    var list = FrameRecordList()
    var round: UInt64 = 0
    var before: UInt64 = 0
    while round < 4000 {
      if round == 2000 { before = allocation_count() }
      try a.send(body, to: stream, now: round)
      try exchange(a, b, space, &list, now: round)
      b.advance(now: round + 10_000_000)
      try exchange(b, a, space, &list, now: round)
      round += 1
    }
    let allocations = allocation_count() - before
    #expect(counter.count == 4000)
    #expect(a.unconfirmed(stream) == 0)
    // Without optimization each call of fill allocates once by itself.
    #if DEBUG
      let allowed: UInt64 = 2 * 2000
    #else
      let allowed: UInt64 = 0
    #endif
    #expect(allocations <= allowed)
  }
}
