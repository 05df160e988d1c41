// SPDX-License-Identifier: Apache-2.0

/// Why a receiver does not take a file, or gives up on one: a code for machines and a sentence for people.
public struct FileRefusal: Error, Equatable, Sendable {
  /// What kind of reason it is.
  public enum Code: UInt64, Sendable, CaseIterable {
    /// A file of that name is there, and `force` was not given.
    case exists = 1
    /// The name cannot be used.
    case badName = 2
    /// The disk is full or would be.
    case noSpace = 3
    /// The file is larger than the receiver takes.
    case tooLarge = 4
    /// Another transfer writes a file of that name.
    case inUse = 5
    /// What arrived is not what was sent; the part file was removed.
    case mismatch = 6
    /// The receiver's file system reported an error.
    case storage = 7
    /// The sender broke the rules.
    case malformed = 8
    /// Too many transfers at once; worth another attempt.
    case busy = 9
  }

  /// What kind of reason it is.
  public let code: Code
  /// The reason, a sentence without a full stop.
  public let text: String

  /// A refusal; `text` is cut at 500 bytes when it travels.
  public init(_ code: Code, _ text: String) {
    self.code = code
    self.text = text
  }
}
