// SPDX-License-Identifier: Apache-2.0

/// Reads CBOR items one after the other, in the shortest form only (RFC 9171 section 4.1, RFC 8949 section 4.2.1).
package struct ItemReader {
  package let bytes: UnsafeRawBufferPointer
  package private(set) var position: Int
  package let end: Int

  /// Major types of RFC 8949 section 3.1.
  package enum Major: UInt8 {
    case unsigned = 0, negative, bytes, text, array, map, tag, simple
  }

  package static let indefiniteArray: UInt8 = 0x9f
  package static let stop: UInt8 = 0xff

  package init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  package var isAtEnd: Bool { position == end }

  package func malformed(_ text: String) -> BundleError { BundleError(.malformed, text, at: position) }

  package func peek() throws(BundleError) -> UInt8 {
    guard position < end else { throw BundleError(.truncated, "the bytes end in the middle of an item", at: position) }
    return bytes[position]
  }

  /// Takes one byte that must be this one.
  package mutating func expect(_ byte: UInt8, _ text: String) throws(BundleError) {
    guard try peek() == byte else { throw malformed(text) }
    position += 1
  }

  /// The head of an item of the given type: its value, count or length.
  package mutating func head(_ major: Major, _ what: StaticString) throws(BundleError) -> UInt64 {
    let initial = try peek()
    guard initial >> 5 == major.rawValue else { throw malformed("\(what) has another type") }
    return try argument()
  }

  package mutating func unsigned(_ what: StaticString) throws(BundleError) -> UInt64 { try head(.unsigned, what) }

  /// The number of elements of an array of definite length.
  package mutating func array(_ what: StaticString) throws(BundleError) -> Int {
    let count = try head(.array, what)
    guard count <= UInt64(end - position) else { throw BundleError(.truncated, "\(what) ends early", at: position) }
    return Int(count)
  }

  package mutating func string(_ what: StaticString) throws(BundleError) -> UnsafeRawBufferPointer {
    try content(head(.bytes, what), what)
  }

  package mutating func text(_ what: StaticString) throws(BundleError) -> String {
    let start = position
    guard let text = String(validating: try content(head(.text, what), what), as: UTF8.self) else {
      throw BundleError(.malformed, "\(what) is not UTF-8", at: start)
    }
    return text
  }

  package mutating func bool(_ what: StaticString) throws(BundleError) -> Bool {
    switch try peek() {
    case 0xf4:
      position += 1
      return false
    case 0xf5:
      position += 1
      return true
    default: throw malformed("\(what) is neither true nor false")
    }
  }

  /// Passes over one item of any kind; returns its bytes.
  package mutating func skip(depth: Int) throws(BundleError) -> UnsafeRawBufferPointer {
    let start = position
    try pass(depth: depth)
    return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
  }

  private mutating func pass(depth: Int) throws(BundleError) {
    guard depth > 0 else { throw BundleError(.limit, "items are nested too deeply", at: position) }
    let major = Major(rawValue: try peek() >> 5)
    switch major {
    case .bytes, .text:
      let length = try argument()
      _ = try content(length, "a string")
    case .array, .map:
      let count = try argument()
      guard count <= UInt64(end - position) else { throw BundleError(.truncated, "an array ends early", at: position) }
      for _ in 0..<(major == .map ? count * 2 : count) { try pass(depth: depth - 1) }
    case .tag:
      _ = try argument()
      try pass(depth: depth - 1)
    case .simple:
      guard try peek() != Self.stop else { throw malformed("an end without a beginning") }
      let short = try peek() & 31
      position += 1
      let size = short < 24 ? 0 : short == 24 ? 1 : short == 25 ? 2 : short == 26 ? 4 : short == 27 ? 8 : -1
      guard size >= 0 else { throw malformed("a simple value of unknown length") }
      _ = try content(UInt64(size), "a simple value")
    default: _ = try argument()
    }
  }

  private mutating func content(_ length: UInt64, _ what: StaticString) throws(BundleError) -> UnsafeRawBufferPointer {
    guard length <= UInt64(end - position) else { throw BundleError(.truncated, "\(what) ends early", at: position) }
    defer { position += Int(length) }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + Int(length))])
  }

  private mutating func argument() throws(BundleError) -> UInt64 {
    let start = position
    let short = try peek() & 31
    position += 1
    guard short >= 24 else { return UInt64(short) }
    guard short <= 27 else {
      throw BundleError(.malformed, "an item of indefinite or unknown length", at: start)
    }
    let size = 1 << Int(short - 24)
    guard end - position >= size else { throw BundleError(.truncated, "a number ends early", at: start) }
    var value: UInt64 = 0
    for _ in 0..<size {
      value = value << 8 | UInt64(bytes[position])
      position += 1
    }
    let smallest: UInt64 = size == 1 ? 24 : 1 << UInt64(size * 4)
    guard value >= smallest else { throw BundleError(.malformed, "a number is not in its shortest form", at: start) }
    return value
  }
}
