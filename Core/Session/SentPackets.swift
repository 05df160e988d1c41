// SPDX-License-Identifier: Apache-2.0

/// One packet in flight.
struct SentPacket {
  enum State: UInt8 { case outstanding, settled }
  var sentAt: UInt64 = 0
  /// Where its records start in the ring of records.
  var firstRecord: UInt64 = 0
  var recordCount: UInt32 = 0
  /// Bytes on the link.
  var size: UInt32 = 0
  var state = State.settled
  /// False for packets that carry acknowledgements only.
  var elicitsAcknowledgement = false
  /// The largest number it acknowledged, plus one; 0 when it carried no acknowledgement.
  var acknowledges: UInt64 = 0
  var phase: UInt8 = 0
}

/// The packets of a lane that are neither acknowledged nor lost, with the records of their frames.
///
/// Two rings that grow by doubling and never shrink while the lane lives, so that the steady state allocates nothing.
/// Both are empty until the first packet is sent.
struct SentPackets: ~Copyable {
  /// The number of the oldest packet kept.
  private(set) var first: UInt64 = 0
  /// The number of the next packet.
  private(set) var next: UInt64 = 0
  private var packets: UnsafeMutableBufferPointer<SentPacket>
  private var records: UnsafeMutableBufferPointer<FrameRecord>
  private var firstRecord: UInt64 = 0
  private var nextRecord: UInt64 = 0
  /// Bytes of ack-eliciting packets outstanding.
  private(set) var bytesInFlight: UInt64 = 0
  /// How many ack-eliciting packets are outstanding.
  private(set) var outstanding = 0

  init() {
    packets = .init(start: nil, count: 0)
    records = .init(start: nil, count: 0)
  }

  deinit {
    packets.deallocate()
    records.deallocate()
  }

  mutating func append(_ packet: SentPacket, records list: borrowing FrameRecordList) {
    if Int(next - first) == packets.count {
      Self.grow(&packets, from: first, to: next, initial: 16, filler: SentPacket())
    }
    while Int(nextRecord - firstRecord) + list.count > records.count {
      Self.grow(
        &records, from: firstRecord, to: nextRecord, initial: 16,
        filler: FrameRecord(offset: 0, slot: 0, generation: 0, length: 0, kind: 0))
    }
    var packet = packet
    packet.firstRecord = nextRecord
    packet.recordCount = UInt32(list.count)
    packet.state = .outstanding
    for index in 0..<list.count {
      records[Int(nextRecord) & (records.count - 1)] = list[index]
      nextRecord += 1
    }
    packets[Int(next) & (packets.count - 1)] = packet
    next += 1
    if packet.elicitsAcknowledgement {
      bytesInFlight += UInt64(packet.size)
      outstanding += 1
    }
  }

  /// The packet with this number, when it is outstanding.
  func outstandingPacket(_ number: UInt64) -> SentPacket? {
    guard number >= first, number < next else { return nil }
    let packet = packets[Int(number) & (packets.count - 1)]
    return packet.state == .outstanding ? packet : nil
  }

  func record(_ index: UInt64) -> FrameRecord { records[Int(index) & (records.count - 1)] }

  /// Marks a packet as acknowledged or lost, and forgets what is settled at the front.
  mutating func settle(_ number: UInt64) {
    let index = Int(number) & (packets.count - 1)
    if packets[index].elicitsAcknowledgement {
      bytesInFlight -= UInt64(packets[index].size)
      outstanding -= 1
    }
    packets[index].state = .settled
    while first < next, packets[Int(first) & (packets.count - 1)].state == .settled {
      let packet = packets[Int(first) & (packets.count - 1)]
      firstRecord = packet.firstRecord + UInt64(packet.recordCount)
      first += 1
    }
  }

  private static func grow<Element>(
    _ ring: inout UnsafeMutableBufferPointer<Element>, from first: UInt64, to next: UInt64, initial: Int,
    filler: Element
  ) {
    let size = max(ring.count * 2, initial)
    let bigger = UnsafeMutableBufferPointer<Element>.allocate(capacity: size)
    bigger.initialize(repeating: filler)
    var number = first
    while number < next {
      bigger[Int(number) & (size - 1)] = ring[Int(number) & (ring.count - 1)]
      number += 1
    }
    ring.deallocate()
    ring = bigger
  }
}
