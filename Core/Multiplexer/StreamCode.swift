// SPDX-License-Identifier: Apache-2.0

/// Codes with which streams are reset, stopped or refused. Protocols may use codes from 256 on.
public enum StreamCode {
  /// Given up on purpose.
  public static let cancelled: UInt64 = 0
  /// Nobody serves the protocol on that node.
  public static let noSuchProtocol: UInt64 = 1
  /// The peer may not use the protocol.
  public static let notAllowed: UInt64 = 2
  /// The deadline has passed.
  public static let deadline: UInt64 = 3
  /// The peer was restarted and knows nothing of the stream.
  public static let peerRestarted: UInt64 = 4
  /// The server has too much to do.
  public static let busy: UInt64 = 5
  /// The application that served the protocol has ended; what it had not released it may have seen or not.
  public static let applicationEnded: UInt64 = 8
  /// The server failed.
  public static let failed: UInt64 = 6
  /// The session has ended; told only on the side that ended it.
  public static let sessionEnded: UInt64 = 7

  /// The name of a code, for people.
  public static func name(_ code: UInt64) -> String {
    switch code {
    case cancelled: "cancelled"
    case noSuchProtocol: "no such protocol"
    case notAllowed: "not allowed"
    case deadline: "deadline passed"
    case peerRestarted: "the peer was restarted"
    case busy: "busy"
    case applicationEnded: "the application there ended before it released the message, which it may have seen"
    case failed: "failed"
    case sessionEnded: "the session has ended"
    default: "code \(code)"
    }
  }
}
