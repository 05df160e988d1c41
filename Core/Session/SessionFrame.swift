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
    start.storeBytes(of: acknowledgement, as: UInt8.self)
    start.storeBytes(of: UInt8(lane.index), toByteOffset: 1, as: UInt8.self)
    var at = 2
    var countAt = 0
    var further: UInt8 = 0
    var floor: UInt64 = 0
    let delay = (now - min(now, lane.largestArrivedAt)) / 1000
    // Ranges are written as they are found; `rangeLimit` is small enough for a count of one byte.
    lane.received.ranges(limit: min(limit, rangeLimit)) { first, last in
      if countAt == 0 {
        at += Varint.encode(last, to: start + at)
        at += Varint.encode(delay, to: start + at)
        countAt = at
        at += 1
      } else {
        at += Varint.encode(floor - last - 2, to: start + at)
        further += 1
      }
      at += Varint.encode(last - first, to: start + at)
      floor = first
    }
    guard countAt > 0 else { return 0 }
    start.storeBytes(of: further, toByteOffset: countAt, as: UInt8.self)
    return at
  }

  /// Bytes that a close frame may take.
  static let closeRoom = 1 + 8 + 8

  /// Writes a close frame; returns its length. `known` goes with `CloseCode.stale` only.
  static func writeClose(_ code: UInt64, known: UInt64, to start: UnsafeMutableRawPointer) -> Int {
    start.storeBytes(of: close, as: UInt8.self)
    let length = 1 + Varint.encode(code, to: start + 1)
    guard code == CloseCode.stale else { return length }
    start.storeBytes(of: known.bigEndian, toByteOffset: length, as: UInt64.self)
    return length + 8
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
