// SPDX-License-Identifier: Apache-2.0

/// Why an attempt or a link failed, as the plugin, the session or the manager's own deadline reported it.
public struct PathFailure: Hashable, Sendable {
  /// How far the path had come. Every stage leads to a fallback.
  public enum Stage: UInt8, Hashable, Sendable, CaseIterable {
    /// Answered, with no.
    case refused
    /// No answer in time: the path may be black-holed.
    case timedOut
    /// The transport came up; the transport's or the session's handshake did not.
    case handshake
    /// The link had been confirmed by both sides and died afterwards.
    case diedLater
    /// The link is up and makes no progress.
    case suspect
    /// The session's handshake was done, and the peer's access list has not this node.
    case notAdmitted
  }

  /// The classes of the plugin ABI (`MESH_CLASS_*`); the breaker and the retry times act on these, never on words.
  public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
    /// No class was given.
    case unspecified = 0
    /// May work on the next try.
    case transient = 1
    /// The other side refused or went away.
    case peer = 2
    /// Keys or certificates were not accepted.
    case auth = 3
    /// A person has to change something.
    case config = 4
    /// Memory, descriptors, disk or quota ran out.
    case resource = 5
    /// Will never work with this plugin.
    case unsupported = 6
    /// A rule of the plugin ABI was broken.
    case bug = 7
  }

  /// `MESH_E_*`, zero when there was none.
  public var code: Int32
  /// The failure class.
  public var kind: Kind
  /// How far the path had come.
  public var stage: Stage
  /// A sentence for people; cut to 200 bytes.
  public var text: String

  /// A failure; `text` is cut to 200 bytes at a character's end.
  public init(code: Int32, kind: Kind, stage: Stage, text: String) {
    self.code = code
    self.kind = kind
    self.stage = stage
    self.text = text.boundedUTF8(200)
  }

  /// A failure from the ABI's class number; a number that is not known counts as unspecified.
  public init(code: Int32, classNumber: UInt32, stage: Stage, text: String) {
    let kind = UInt8(exactly: classNumber).flatMap(Kind.init(rawValue:)) ?? .unspecified
    self.init(code: code, kind: kind, stage: stage, text: text)
  }
}

extension PathFailure.Stage {
  /// The words for reports.
  public var words: String {
    switch self {
    case .refused, .notAdmitted: "refused"
    case .timedOut: "timed out"
    case .handshake: "handshake failed"
    case .diedLater: "died"
    case .suspect: "made no progress"
    }
  }
}

extension String {
  /// The longest prefix of whole characters that takes at most `limit` bytes.
  func boundedUTF8(_ limit: Int) -> String {
    if utf8.count <= limit { return self }
    var bytes = 0
    var end = startIndex
    while end < endIndex {
      let next = index(after: end)
      bytes += self[end..<next].utf8.count
      if bytes > limit { break }
      end = next
    }
    return String(self[..<end])
  }
}
