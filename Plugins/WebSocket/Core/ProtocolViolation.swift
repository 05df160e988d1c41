// SPDX-License-Identifier: Apache-2.0

/// What the other end did wrong. Each fails the connection with `closeCode` (RFC 6455, 7.1.7).
public enum ProtocolViolation: Error, Equatable, Sendable {
  case reservedBit
  case reservedOpcode
  case unmaskedClientFrame
  case maskedServerFrame
  case lengthNotMinimal
  case lengthTooLarge
  case fragmentedControl
  case controlTooLong
  case continuationWithoutStart
  case messageInsideMessage
  case closeTooShort
  case closeCodeInvalid
  case invalidUTF8
  case invalidDeflate
  case messageTooBig

  /// The number for the close frame that answers it.
  public var closeCode: CloseCode {
    switch self {
    case .invalidUTF8, .invalidDeflate: .invalidPayload
    case .messageTooBig: .tooBig
    default: .protocolError
    }
  }

  /// A sentence for the log.
  public var explanation: StaticString {
    switch self {
    case .reservedBit: "a reserved bit is set"
    case .reservedOpcode: "a reserved opcode"
    case .unmaskedClientFrame: "a client's frame is not masked"
    case .maskedServerFrame: "a server's frame is masked"
    case .lengthNotMinimal: "a length is not in its shortest form"
    case .lengthTooLarge: "a length has its highest bit set"
    case .fragmentedControl: "a control frame is fragmented"
    case .controlTooLong: "a control frame is longer than 125 bytes"
    case .continuationWithoutStart: "a continuation without a first fragment"
    case .messageInsideMessage: "a new message inside a fragmented one"
    case .closeTooShort: "a close frame of one byte"
    case .closeCodeInvalid: "a close code that may not be sent"
    case .invalidUTF8: "text that is not UTF-8"
    case .invalidDeflate: "compressed data that cannot be read"
    case .messageTooBig: "a message is over the size limit"
    }
  }
}
