// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// One record from the receiver to the sender: a length (2 bytes, big-endian) and a CBOR map.
public enum FileAnswer: Equatable, Sendable {
  /// The receiver has the first `offset` bytes; `tail` is the hash of the last of them, at most 1 MiB, empty at 0.
  /// `isComplete` when that is the finished file, which only its hash is missing for.
  case accept(offset: UInt64, tail: [UInt8], isComplete: Bool)
  /// The receiver will not have it, or gives up.
  case refuse(FileRefusal)
  /// So many bytes from the beginning are written to the part file.
  case written(UInt64)
  /// The file is in its place and on the disk; the hash of its content.
  case done(hash: [UInt8])

  /// Longest record, without its length.
  static let limit = 1024

  /// The record with its length.
  public func encode() -> [UInt8] {
    let body = cbor.encode()
    return [UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
  }

  private var cbor: CBOR {
    switch self {
    case .accept(let offset, let tail, let isComplete):
      .map([
        (.text("accept"), .uint(offset)), (.text("tail"), .bytes(tail)), (.text("complete"), .bool(isComplete)),
      ])
    case .refuse(let refusal):
      .map([(.text("refuse"), .uint(refusal.code.rawValue)), (.text("text"), .text(Self.short(refusal.text)))])
    case .written(let offset): .map([(.text("written"), .uint(offset))])
    case .done(let hash): .map([(.text("done"), .bytes(hash))])
    }
  }

  /// A code that is not known here counts as an error of the receiver's storage: it is final, and has a sentence.
  static func decode(_ body: [UInt8]) -> FileAnswer? {
    guard let fields = try? CBOR.decode(body, limits: CBORLimits(depth: 4, size: limit, items: 64)) else { return nil }
    if let offset = fields["accept"]?.uintValue, let tail = fields["tail"]?.bytesValue,
      let isComplete = fields["complete"]?.boolValue
    {
      return .accept(offset: offset, tail: tail, isComplete: isComplete)
    }
    if let code = fields["refuse"]?.uintValue, let text = fields["text"]?.textValue {
      return .refuse(FileRefusal(FileRefusal.Code(rawValue: code) ?? .storage, text))
    }
    if let offset = fields["written"]?.uintValue { return .written(offset) }
    if let hash = fields["done"]?.bytesValue, hash.count == FileTransferProtocol.hashLength { return .done(hash: hash) }
    return nil
  }

  private static func short(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars where result.utf8.count < 500 { result.unicodeScalars.append(scalar) }
    return result
  }
}

/// Puts the receiver's records together from the pieces in which they arrive.
struct FileAnswerReader {
  private var pending: [UInt8] = []

  /// The records that are complete with these bytes, nil when they are not of the protocol.
  mutating func read(_ bytes: UnsafeRawBufferPointer) -> [FileAnswer]? {
    pending.append(contentsOf: bytes)
    var answers: [FileAnswer] = []
    var at = 0
    while pending.count - at >= 2 {
      let length = Int(pending[at]) << 8 | Int(pending[at + 1])
      guard length <= FileAnswer.limit else { return nil }
      guard pending.count - at - 2 >= length else { break }
      guard let answer = FileAnswer.decode(Array(pending[(at + 2)..<(at + 2 + length)])) else { return nil }
      answers.append(answer)
      at += 2 + length
    }
    pending.removeFirst(at)
    return answers
  }
}
