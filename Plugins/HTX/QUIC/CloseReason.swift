// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// Why a connection ended.
public struct CloseReason: Sendable, Equatable {
  /// The kinds of end.
  public enum Kind: Sendable, Equatable {
    /// A transport error (RFC 9000, 20.1).
    case transport(code: UInt64)
    /// An alert of TLS (RFC 8446, 6).
    case alert(UInt8)
    /// An error of the application protocol.
    case application(code: UInt64)
    /// Nothing came for the idle timeout.
    case idle
    /// The handshake took too long.
    case handshakeTimeout
    /// The other end has lost the connection (RFC 9000, 10.3).
    case statelessReset
    /// There is no version of QUIC that both ends speak.
    case version
    /// This end closed its endpoint, or let the connection go before it was one.
    case abandoned
  }

  /// What this end found wrong with the other's certificate.
  public enum Distrust: Sendable, Equatable {
    /// Its key is none of those pinned.
    case pin
    /// No authority that is believed here vouches for it.
    case authority
    /// There was none.
    case missing
  }

  /// What happened.
  public let kind: Kind
  /// Whether the other end said so.
  public let isByPeer: Bool
  /// Set when this end refused the other's certificate.
  public let distrust: Distrust?
  /// Words for the log, printable ASCII, perhaps empty.
  public let sentence: String

  static let abandoned = CloseReason(kind: .abandoned, isByPeer: false, distrust: nil, sentence: "")

  init(kind: Kind, isByPeer: Bool, distrust: Distrust?, sentence: String) {
    self.kind = kind
    self.isByPeer = isByPeer
    self.distrust = distrust
    self.sentence = sentence
  }

  init(of connection: OpaquePointer) {
    var raw = cquic_close_reason()
    cquic_reason(connection, &raw)
    isByPeer = raw.by_peer != 0
    sentence = withUnsafeBytes(of: raw.sentence) { String(decoding: $0.prefix(Int(raw.length)), as: UTF8.self) }
    switch Int(raw.trust) {
    case CQUIC_TRUST_PIN: distrust = .pin
    case CQUIC_TRUST_AUTHORITY: distrust = .authority
    case CQUIC_TRUST_MISSING: distrust = .missing
    default: distrust = nil
    }
    switch Int(raw.kind) {
    case CQUIC_REASON_TRANSPORT where raw.code >> 8 == 1: kind = .alert(UInt8(raw.code & 0xFF))
    case CQUIC_REASON_TRANSPORT: kind = .transport(code: raw.code)
    case CQUIC_REASON_APPLICATION: kind = .application(code: raw.code)
    case CQUIC_REASON_IDLE: kind = .idle
    case CQUIC_REASON_HANDSHAKE_TIMEOUT: kind = .handshakeTimeout
    case CQUIC_REASON_STATELESS_RESET: kind = .statelessReset
    case CQUIC_REASON_VERSION: kind = .version
    default: kind = .abandoned
    }
  }
}
