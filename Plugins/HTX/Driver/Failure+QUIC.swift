// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXHTTP3
import HTXQUIC
import TransportDriver
import TransportTLS

extension Failure {
  /// Why a QUIC connection ended, as the host wants to hear it; `pin` is what the server's key had to be.
  init(_ reason: CloseReason, pin: String? = nil) {
    let words = reason.sentence.isEmpty ? "" : " (\(reason.sentence))"
    if let distrust = reason.distrust {
      let sentence =
        switch distrust {
        case .pin: "QUIC: \(pin.flatMap { PublicKeyPin($0) }?.mismatch ?? "the server's key is not the pinned one")"
        case .authority: "QUIC: the server's certificate is not trusted; name its key in the address (#pin=sha256:…)"
        case .missing: "QUIC: the server has no certificate"
        }
      self.init(MESH_E_AUTH, MESH_CLASS_AUTH, sentence)
      return
    }
    switch reason.kind {
    case .application(let code) where code == HTTP3Connection.noError:
      self.init(MESH_E_CLOSED, reason.isByPeer ? MESH_CLASS_PEER : MESH_CLASS_NONE, "the other end closed the link")
    case .application(let code), .transport(let code):
      self = Self.broken(reason, "error \(code)\(words)")
    case .alert(let alert): self = Self.broken(reason, "alert \(alert) of TLS\(words)")
    case .idle: self.init(MESH_E_TIMEOUT, MESH_CLASS_TRANSIENT, "QUIC: nothing came for the idle timeout")
    case .handshakeTimeout: self.init(MESH_E_TIMEOUT, MESH_CLASS_TRANSIENT, "QUIC: no answer in time")
    case .statelessReset: self.init(MESH_E_RESET, MESH_CLASS_PEER, "QUIC: the other end has lost the connection")
    case .version: self.init(MESH_E_PROTOCOL, MESH_CLASS_PEER, "QUIC: no version in common")
    case .abandoned: self.init(MESH_E_CLOSED, MESH_CLASS_NONE, "closed on request")
    }
  }

  private static func broken(_ reason: CloseReason, _ words: String) -> Failure {
    reason.isByPeer
      ? Failure(MESH_E_RESET, MESH_CLASS_PEER, "QUIC: the other end ended the connection with \(words)")
      : Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "QUIC: the other end broke the protocol: \(words)")
  }
}
