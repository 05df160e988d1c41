// SPDX-License-Identifier: Apache-2.0
import MeshSession

/// A layer above a session that sends numbered frames and notes which arrived, were acknowledged or lost.
///
/// A frame is 0x10 ‖ number (4, little-endian) ‖ filling up to `size`.
final class RecordingFrames: FrameLayer {
  var size = 100
  var trafficClass = TrafficClass.normal
  private(set) var queue: [UInt32] = []
  private(set) var received: [UInt32] = []
  private(set) var acknowledgedFrames: Set<UInt32> = []
  private(set) var lostFrames = 0
  private(set) var restarts = 0
  private var nextNumber: UInt32 = 0
  /// What `takeUrgency` answers for each packet.
  var receivesUrgent = false

  func send(_ count: Int) {
    for _ in 0..<count {
      queue.append(nextNumber)
      nextNumber += 1
    }
  }

  var pendingClasses: ClassSet { queue.isEmpty ? ClassSet() : ClassSet(trafficClass) }

  func nextClass(among classes: ClassSet) -> TrafficClass? { pendingClasses.intersection(classes).first }

  func fill(
    _ space: UnsafeMutableRawBufferPointer, of _: TrafficClass, records: inout FrameRecordList, now _: UInt64
  ) -> Int {
    guard space.count >= size, !queue.isEmpty else { return 0 }
    let number = queue.removeFirst()
    space[0] = 0x10
    space.storeBytes(of: number.littleEndian, toByteOffset: 1, as: UInt32.self)
    records.append(FrameRecord(offset: UInt64(number), slot: 0, generation: 0, length: 0, kind: 0x10))
    return size
  }

  func receive(_ frame: UnsafeRawBufferPointer, now _: UInt64) throws(SessionError) -> Int {
    guard frame.count >= size else { throw .protocolViolation("a frame of the wrong size") }
    received.append(UInt32(littleEndian: frame.loadUnaligned(fromByteOffset: 1, as: UInt32.self)))
    return size
  }

  func takeUrgency() -> Bool { receivesUrgent }

  func acknowledged(_ record: FrameRecord, now _: UInt64) { acknowledgedFrames.insert(UInt32(record.offset)) }

  func lost(_ record: FrameRecord, now _: UInt64) {
    lostFrames += 1
    queue.append(UInt32(record.offset))
  }

  func restart(parameters _: PeerParameters, now _: UInt64) { restarts += 1 }

  var isIdle: Bool { queue.isEmpty }
  var nextDeadline: UInt64 = .max
  func advance(now _: UInt64) { nextDeadline = .max }
}
