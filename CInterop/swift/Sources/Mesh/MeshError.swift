// SPDX-License-Identifier: Apache-2.0
import CMesh

/// A call that failed, or how something ended: a code and a sentence for people.
public struct MeshError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What went wrong.
  public var code: ErrorCode
  /// Which file, peer, protocol or key, and what was expected; may be empty.
  public var sentence: String

  /// An error of your own, for what passes through the same hands.
  public init(code: ErrorCode, sentence: String) {
    self.code = code
    self.sentence = sentence
  }

  /// The sentence and the code's name.
  public var description: String { sentence.isEmpty ? code.description : "\(sentence) (\(code))" }

  /// The count that a call answered; throws its error with the sentence of this thread.
  @discardableResult
  static func check(_ answer: Int32) throws(MeshError) -> Int {
    if answer >= 0 { return Int(answer) }
    throw MeshError(code: ErrorCode(rawValue: answer), sentence: String(cString: mesh_last_error()))
  }
}
