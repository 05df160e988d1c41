// SPDX-License-Identifier: Apache-2.0

/// How lanes are named in requests.
public enum LaneNumbers {
  /// Lanes of a link: one for each traffic class.
  public static let count = 6
  /// A bit for each.
  package static let all: UInt8 = 1 << UInt8(count) - 1
  /// Bytes that may arrive on a lane before they are taken.
  package static let window: Int32 = 4 << 20

  /// The field by which each end says, in the head of a lane, that it takes padding; others pass over it.
  package static let padding = (name: "x-padding", value: "zeros")
  /// The same, for comparing bytes.
  package static let paddingBytes: (name: StaticString, value: StaticString) = ("x-padding", "zeros")

  /// The field by which each end says, in the head of lane 0, that a link over QUIC is up with that lane alone; the rest
  /// is asked for once either end needs it. Others pass over it.
  package static let later = (name: "x-lanes", value: "later")
  /// The same, for comparing bytes.
  package static let laterBytes: (name: StaticString, value: StaticString) = ("x-lanes", "later")
  /// Stands in lane 0 where a packet's length would: from the server, that it needs the rest of the lanes; from whoever
  /// dialled, that it has asked for them.
  package static let widening = 0xFFFF

  /// What stands in the head of a lane's request and of its answer.
  package static func fields(takesPadding: Bool) -> [(String, String)] {
    [("content-type", "application/octet-stream")] + (takesPadding ? [padding] : [])
  }

  /// The lane that a target asks for, `…?c=3`.
  package static func lane(_ target: String) -> Int? {
    guard let mark = target.lastIndex(of: "?") else { return nil }
    let query = target[target.index(after: mark)...]
    guard query.hasPrefix("c="), query.utf8.count == 3, let lane = Int(query.dropFirst(2)), lane < count else {
      return nil
    }
    return lane
  }

  /// The same of bytes.
  package static func lane(_ target: UnsafeRawBufferPointer) -> Int? {
    guard target.count >= 4, target.dropLast().suffix(3).elementsEqual("?c=".utf8), let last = target.last,
      (48..<48 + UInt8(count)).contains(last)
    else { return nil }
    return Int(last) - 48
  }

  /// The target of a lane's request.
  package static func target(_ path: String, _ lane: Int) -> String { "\(path)?c=\(lane)" }
}
