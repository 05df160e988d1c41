// SPDX-License-Identifier: Apache-2.0

/// The keys of a peer's latest idempotent requests, with the replies that were given as far as they are small.
///
/// Bounded in keys and bytes. A request that is still running is never forgotten; of the others the oldest goes first.
final class IdempotencyWindow {
  /// Keys remembered for one peer.
  static let keyLimit = 256
  /// Bytes of replies kept for one peer.
  static let byteLimit = 64 << 10
  /// Bytes of replies kept for one request.
  static let replyLimit = 16 << 10

  /// A key belongs to a protocol: two protocols may use the same one.
  struct Key: Hashable {
    var name: String
    var high: UInt64
    var low: UInt64

    /// - Parameter bytes: sixteen.
    init(name: String, _ bytes: UnsafeRawBufferPointer) {
      self.name = name
      high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
      low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
  }

  /// What is known of a key.
  enum Entry {
    case running(ServedRequestReference)
    /// The whole answer.
    case answered(Answer)
    /// It was handed out; its answer was too large or never complete.
    case forgotten
  }

  /// The replies to one request and how they ended.
  struct Answer {
    var replies: [[UInt8]] = []
    var bytes = 0
    /// The application refused it with this code and text.
    var refusal: (code: UInt64, text: [UInt8])?

    /// Adds a reply; false when the answer becomes too large to be kept.
    mutating func add(_ reply: UnsafeRawBufferPointer) -> Bool {
      // What an empty reply costs counts as well.
      guard bytes + reply.count + 32 <= IdempotencyWindow.replyLimit else { return false }
      replies.append(Array(reply))
      bytes += reply.count + 32
      return true
    }
  }

  private var entries: [Key: Entry] = [:]
  /// Keys that are not running, the oldest first.
  private var order: [Key] = []
  private var bytes = 0

  subscript(key: Key) -> Entry? { entries[key] }

  /// Notes that a request is running. False when there are too many.
  func begin(_ key: Key, _ request: ServedRequestReference) -> Bool {
    if entries[key] == nil, entries.count >= Self.keyLimit {
      guard let oldest = order.first else { return false }
      forget(oldest)
    }
    drop(key)
    entries[key] = .running(request)
    return true
  }

  /// Notes how a request has ended; nil when its answer is not known.
  func end(_ key: Key, _ answer: Answer?) {
    drop(key)
    order.append(key)
    guard let answer else {
      entries[key] = .forgotten
      return
    }
    entries[key] = .answered(answer)
    bytes += answer.bytes
    var place = 0
    while bytes > Self.byteLimit, place < order.count {
      let oldest = order[place]
      place += 1
      guard case .answered(let old)? = entries[oldest] else { continue }
      bytes -= old.bytes
      entries[oldest] = .forgotten
    }
  }

  /// Forgets a key altogether: its request was never carried out.
  func forget(_ key: Key) {
    drop(key)
    entries[key] = nil
  }

  private func drop(_ key: Key) {
    if case .answered(let old)? = entries[key] { bytes -= old.bytes }
    if case .running? = entries[key] { return }
    if let place = order.firstIndex(of: key) { order.remove(at: place) }
  }
}
