// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import HTXDriver

@Suite struct HTXLaneCreditTests {
  private let whole = LaneCredit.Amount(frames: 64, bytes: 64_000)

  /// Whatever the host sends and whoever is held up: the lane never has more out than its credit, what the link has out
  /// is never more than its credit and what it was given ahead of time, and in the end everybody has everything.
  @Test(arguments: 1...50)
  func creditIsNeitherLostNorMade(seed: UInt64) {
    var random = SeededGenerator(seed)
    var credit = LaneCredit()
    credit.hasOwn = true
    var (lane, link) = (whole, whole)
    var packets: [UInt32] = []
    for _ in 0..<4000 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0..<4:
        let size = UInt32.random(in: 1...2000, using: &random)
        guard min(lane.frames, link.frames) > 0, min(lane.bytes, link.bytes) >= size else { continue }
        lane.frames -= 1
        link.frames -= 1
        lane.bytes -= UInt64(size)
        link.bytes -= UInt64(size)
        credit.took(size)
        packets.append(size)
      case 4..<6: if !packets.isEmpty, !credit.isHeldUp { credit.left(packets.removeFirst()) }
      case 6: credit.isHeldUp = Bool.random(using: &random)
      default: settle(&credit, &lane, &link)
      }
    }
    credit.isHeldUp = false
    for size in packets { credit.left(size) }
    settle(&credit, &lane, &link)
    #expect(lane == whole && link == whole && credit.outstanding == LaneCredit.Amount())
  }

  private func settle(_ credit: inout LaneCredit, _ lane: inout LaneCredit.Amount, _ link: inout LaneCredit.Amount) {
    let given = credit.settle(whole)
    lane.frames += given.lane.frames
    lane.bytes += given.lane.bytes
    link.frames += given.link.frames
    link.bytes += given.link.bytes
    // The link has what it had, less what is out and was not given ahead of time.
    #expect(link.frames == whole.frames - credit.outstanding.frames + credit.advanced.frames)
    #expect(link.bytes == whole.bytes - credit.outstanding.bytes + credit.advanced.bytes)
    #expect(lane.frames == whole.frames - credit.outstanding.frames)
    if credit.isHeldUp, credit.isMuch(of: whole) { #expect(link == whole) }
  }

  @Test func aLaneWithoutCreditOfItsOwnGetsNothingAheadOfTime() {
    var credit = LaneCredit()
    for _ in 0..<64 { credit.took(1000) }
    credit.isHeldUp = true
    #expect(credit.settle(whole).link == LaneCredit.Amount())
  }

  @Test func aLittleThatIsHeldUpIsNobodysConcern() {
    var credit = LaneCredit()
    credit.hasOwn = true
    credit.isHeldUp = true
    for _ in 0..<7 { credit.took(10) }
    #expect(credit.settle(whole).link == LaneCredit.Amount())
    credit.took(10)
    #expect(credit.settle(whole).link == LaneCredit.Amount(frames: 8, bytes: 80))
  }
}
