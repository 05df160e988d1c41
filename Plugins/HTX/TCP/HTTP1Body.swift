// SPDX-License-Identifier: Apache-2.0

/// Passes over the body of a request of HTTP/1, in chunks (RFC 9112, 7.1) or by its length.
struct HTTP1Body {
  private enum State {
    case size
    case bytes(Int64)
    case lineEnd
    case trailer
    case whole
  }

  private var state: State
  private let isChunked: Bool
  private var line: [UInt8] = []
  /// Bytes of the fields behind the last chunk.
  private var trailerBytes = 0
  private(set) var count: Int64 = 0

  init(_ body: HTTP1Head.Body) {
    switch body {
    case .length(let count):
      isChunked = false
      state = count == 0 ? .whole : .bytes(count)
    case .chunks:
      isChunked = true
      state = .size
    }
  }

  var isWhole: Bool { if case .whole = state { true } else { false } }

  /// Takes bytes and returns how many belong to the body.
  mutating func take(_ bytes: UnsafeRawBufferPointer) throws(HTTP1Head.Fault) -> Int {
    var at = 0
    while at < bytes.count {
      switch state {
      case .whole: return at
      case .bytes(let left):
        let part = min(left, Int64(bytes.count - at))
        at += Int(part)
        count += part
        let isDone = part == left
        state = isDone ? (isChunked ? .lineEnd : .whole) : .bytes(left - part)
      case .size, .lineEnd, .trailer:
        let byte = bytes[at]
        at += 1
        guard byte == 0x0A else {
          guard line.count < 1024 else { throw .badRequest }
          line.append(byte)
          continue
        }
        try lineEnded()
      }
    }
    return at
  }

  private mutating func lineEnded() throws(HTTP1Head.Fault) {
    if line.last == 0x0D { line.removeLast() }
    defer { line.removeAll(keepingCapacity: true) }
    switch state {
    case .lineEnd:
      guard line.isEmpty else { throw .badRequest }
      state = .size
    case .trailer:
      trailerBytes += line.count + 2
      guard trailerBytes <= HTTP1Head.lineLimit else { throw .badRequest }
      if line.isEmpty { state = .whole }
    default:
      let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
      guard (1...8).contains(digits.count), let size = Int64(String(decoding: digits, as: UTF8.self), radix: 16),
        size >= 0
      else { throw .badRequest }
      state = size == 0 ? .trailer : .bytes(size)
    }
  }
}
