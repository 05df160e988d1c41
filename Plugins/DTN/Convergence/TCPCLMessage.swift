// SPDX-License-Identifier: Apache-2.0

/// The messages of a TCPCLv4 session (RFC 9174 sections 4.6, 5 and 6); of a segment, only what precedes its data.
enum TCPCLMessage: Equatable {
  case segment(Segment)
  case acknowledgment(Acknowledgment)
  case refusal(RefusalReason, transfer: UInt64)
  case keepAlive
  case termination(TerminationReason, isReply: Bool)
  case rejection(reason: UInt8, type: UInt8)
  case sessionInit(SessionInit)

  struct Segment: Equatable {
    var flags: TransferFlags
    var transfer: UInt64
    /// Of the first segment only.
    var extensions: [ExtensionItem] = []
    /// Bytes of data that follow.
    var length: UInt64
  }

  struct Acknowledgment: Equatable {
    var flags: TransferFlags
    var transfer: UInt64
    /// Bytes of the transfer that arrived so far.
    var length: UInt64
  }

  struct SessionInit: Equatable {
    /// Seconds.
    var keepAlive: UInt16
    var segmentLimit: UInt64
    var transferLimit: UInt64
    var node: String
    var extensions: [ExtensionItem] = []
  }

  /// The first byte of each message.
  enum Code: UInt8 {
    case segment = 1
    case acknowledgment, refusal, keepAlive, termination, rejection, sessionInit
  }

  /// Bytes of a node's name that are read.
  static let nodeLimit = 1024

  var code: Code {
    switch self {
    case .segment: .segment
    case .acknowledgment: .acknowledgment
    case .refusal: .refusal
    case .keepAlive: .keepAlive
    case .termination: .termination
    case .rejection: .rejection
    case .sessionInit: .sessionInit
    }
  }
}

/// Where in a transfer a segment stands (RFC 9174 section 5.2.2). Unknown bits are kept.
struct TransferFlags: OptionSet, Equatable {
  let rawValue: UInt8
  static let end = TransferFlags(rawValue: 1)
  static let start = TransferFlags(rawValue: 2)
}
