// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import TestSupport
import Testing

@testable import HTXDriver

@Suite struct HTXLaneQueueTests {
  private func buffer(_ number: Int) -> mesh_buf {
    var buffer = mesh_buf()
    buffer.cookie = UInt64(number)
    return buffer
  }

  /// Whatever the order of putting in, lending and acknowledging: each packet is lent once and leaves once, in its order.
  @Test(arguments: 1...20)
  func packetsAreLentAndLeaveOnceAndInTheirOrder(seed: UInt64) {
    var random = SeededGenerator(seed)
    var lane = Lane()
    var (put, lent, left) = (0, 0, 0)
    for _ in 0..<5000 {
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        lane.append(buffer(put))
        put += 1
      case 1:
        let next = lane.lendNext()
        #expect(next?.cookie == (lent < put ? UInt64(lent) : nil))
        if next != nil { lent += 1 }
      default:
        #expect(lane.hasLent == (left < lent))
        guard lane.hasLent else { continue }
        let (first, removed) = (lane.first, lane.removeFirst())
        #expect(first.cookie == UInt64(left) && removed.cookie == UInt64(left))
        left += 1
      }
      #expect(lane.isEmpty == (left == put) && lane.isDrained == (lent == put))
    }
  }

  /// Over TCP nothing is lent, and a lane is drained when it is empty.
  @Test(arguments: 1...5)
  func aLaneThatLendsNothingIsDrainedWhenItIsEmpty(seed: UInt64) {
    var random = SeededGenerator(seed)
    var lane = Lane()
    var count = 0
    for number in 0..<3000 {
      if Bool.random(using: &random) {
        lane.append(buffer(number))
        count += 1
      } else if count > 0 {
        _ = lane.removeFirst()
        count -= 1
      }
      #expect(lane.isEmpty == (count == 0) && lane.isDrained == (count == 0))
    }
  }
}
