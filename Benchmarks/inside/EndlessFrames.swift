// SPDX-License-Identifier: Apache-2.0
import MeshSession

/// A layer above a session that always has one more packet to send: a frame over all the room there is, whose bytes are
/// those that lie there, so that nothing but the session is measured.
final class EndlessFrames: FrameLayer {
  var isSending = false
  private(set) var received = 0
  private(set) var acknowledged = 0
  private var sent: UInt64 = 0

  var pendingClasses: ClassSet { isSending ? ClassSet(.normal) : ClassSet() }
  func nextClass(among classes: ClassSet) -> TrafficClass? { pendingClasses.intersection(classes).first }

  func fill(
    _ space: UnsafeMutableRawBufferPointer, of _: TrafficClass, records: inout FrameRecordList, now _: UInt64
  ) -> Int {
    space[0] = 0x10
    records.append(FrameRecord(offset: sent, slot: 0, generation: 0, length: UInt32(space.count), kind: 0x10))
    sent += 1
    return space.count
  }

  func receive(_ frame: UnsafeRawBufferPointer, now _: UInt64) throws(SessionError) -> Int {
    received += 1
    return frame.count
  }

  func acknowledged(_ record: FrameRecord, now _: UInt64) { acknowledged += 1 }
  func lost(_ record: FrameRecord, now _: UInt64) { Main.fail("a packet counts as lost") }
  func restart(parameters: PeerParameters, now _: UInt64) {}
  var isIdle: Bool { true }
  var nextDeadline: UInt64 { .max }
  func advance(now _: UInt64) {}
}
