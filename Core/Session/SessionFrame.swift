// SPDX-License-Identifier: Apache-2.0

import MeshWire

/// The frames of the session itself. Types from 0x10 on belong to the layer above.
enum SessionFrame {
  static let padding: UInt8 = 0x00
  static let ping: UInt8 = 0x01
  static let acknowledgement: UInt8 = 0x02
  static let hello: UInt8 = 0x03
  static let close: UInt8 = 0x04
  /// The first type of the layer above.
  static let upperLayer: UInt8 = 0x10

  /// Ranges in one acknowledgement.
  static let rangeLimit = 32
  /// Room that an acknowledgement of `rangeLimit` ranges may take.
  static let acknowledgementRoom = 1 + 1 + 8 + 8 + 2 + rangeLimit * 16

  /// Writes an acknowledgement of everything a lane has received; returns its length.
  ///
  /// type ‖ lane ‖ largest ‖ delay in microseconds ‖ further ranges ‖ length of the first ‖ (gap ‖ length) …, all but
  /// type and lane QUIC varints; lengths and gaps are one less than the count, as in RFC 9000 section 19.3.
  static func writeAcknowledgement(of lane: borrowing Lane, to start: UnsafeMutableRawPointer, limit: Int, now: UInt64)
    -> Int
  {
    var ranges: [(UInt64, UInt64)] = []
    if lane.streamLike {
      // The common case needs no list: everything up to the last one has arrived.
      guard lane.received.next > 0 else { return 0 }
      return write(
        lane: lane.index, delay: delay(of: lane, now: now), first: (0, lane.received.next - 1), others: ranges,
        to: start)
    }
    lane.received.ranges(limit: limit) { ranges.append(($0, $1)) }
    guard let first = ranges.first else { return 0 }
    ranges.removeFirst()
    return write(lane: lane.index, delay: delay(of: lane, now: now), first: first, others: ranges, to: start)
  }

  private static func delay(of lane: borrowing Lane, now: UInt64) -> UInt64 {
    (now - min(now, lane.largestArrivedAt)) / 1000
  }

  private static func write(
    lane: Int, delay: UInt64, first: (UInt64, UInt64), others: [(UInt64, UInt64)], to start: UnsafeMutableRawPointer
  ) -> Int {
    start.storeBytes(of: acknowledgement, as: UInt8.self)
    start.storeBytes(of: UInt8(lane), toByteOffset: 1, as: UInt8.self)
    var at = 2
    at += Varint.encode(first.1, to: start + at)
    at += Varint.encode(delay, to: start + at)
    at += Varint.encode(UInt64(others.count), to: start + at)
    at += Varint.encode(first.1 - first.0, to: start + at)
    var floor = first.0
    for range in others {
      at += Varint.encode(floor - range.1 - 2, to: start + at)
      at += Varint.encode(range.1 - range.0, to: start + at)
      floor = range.0
    }
    return at
  }

  /// Reads an acknowledgement behind its type byte and hands each range to `body`, largest first.
  static func readAcknowledgement(
    _ reader: inout ByteReader, body: (_ lane: Int, _ first: UInt64, _ last: UInt64, _ delay: UInt64) -> Void
  ) throws(WireError) {
    let lane = Int(try reader.u8())
    var last = try reader.varint()
    let delay = try reader.varint()
    let count = try reader.varint()
    guard count <= rangeLimit else { throw .limit }
    var length = try reader.varint()
    guard length <= last else { throw .malformed }
    body(lane, last - length, last, delay)
    var floor = last - length
    for _ in 0..<count {
      let gap = try reader.varint()
      guard floor >= 2, gap <= floor - 2 else { throw .malformed }
      last = floor - gap - 2
      length = try reader.varint()
      guard length <= last else { throw .malformed }
      body(lane, last - length, last, delay)
      floor = last - length
    }
  }
}
