// SPDX-License-Identifier: Apache-2.0

/// The head of a request or of an answer, as it came. Its bytes are kept in one piece: most fields are never looked at.
public struct HTTP3Head: Sendable {
  /// Its fields are longer than `HTTP3Limits.fieldSectionSize`; the rest of them is missing.
  public internal(set) var isTooLarge = false
  /// What its fields count (RFC 9114, 4.2.2): names, values, and 32 bytes each.
  var size = 0
  /// Names and values in their order.
  private var bytes: [UInt8] = []
  /// Where each of them ends.
  private var ends: [Int] = []

  /// Bytes of all names and values.
  public var fieldBytes: Int { bytes.count }

  /// In their order, pseudo-header fields first; not all of them when `isTooLarge`.
  public var fields: [HTTPField] {
    var made: [HTTPField] = []
    forEach { made.append(HTTPField(String(decoding: $0, as: UTF8.self), String(decoding: $1, as: UTF8.self))) }
    return made
  }

  /// Calls `body` with the name and the value of each field, both lent.
  public func forEach(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes { all in
      var start = 0
      for index in stride(from: 0, to: ends.count, by: 2) {
        let (middle, end) = (ends[index], ends[index + 1])
        body(.init(rebasing: all[start..<middle]), .init(rebasing: all[middle..<end]))
        start = end
      }
    }
  }

  /// Calls `body` with the value of the first field of that name, lent; nil without one.
  public func first<Result>(_ name: StaticString, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
    bytes.withUnsafeBytes { all in
      var start = 0
      for index in stride(from: 0, to: ends.count, by: 2) {
        let (middle, end) = (ends[index], ends[index + 1])
        if UnsafeRawBufferPointer(rebasing: all[start..<middle]) == name {
          return body(.init(rebasing: all[middle..<end]))
        }
        start = end
      }
      return nil
    }
  }

  /// The value of the first field of that name.
  public func first(_ name: StaticString) -> String? { first(name) { String(decoding: $0, as: UTF8.self) } }

  /// Whether the first field of that name has that value.
  public func has(_ name: StaticString, _ value: StaticString) -> Bool { first(name) { $0 == value } == true }

  /// Whether it is that of an interim answer (RFC 9110, 15.2), which another one follows.
  public var isInterim: Bool { first(":status") { $0.count == 3 && $0[0] == UInt8(ascii: "1") } == true }

  mutating func append(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
    if ends.isEmpty {
      bytes.reserveCapacity(256)
      ends.reserveCapacity(32)
    }
    bytes.append(contentsOf: name)
    ends.append(bytes.count)
    bytes.append(contentsOf: value)
    ends.append(bytes.count)
  }

  /// Forgets everything but its memory.
  mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    size = 0
    isTooLarge = false
  }
}

extension UnsafeRawBufferPointer {
  fileprivate static func == (bytes: Self, text: StaticString) -> Bool {
    bytes.count == text.utf8CodeUnitCount && text.withUTF8Buffer { bytes.elementsEqual($0) }
  }
}
