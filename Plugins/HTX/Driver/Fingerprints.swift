// SPDX-License-Identifier: Apache-2.0
import HTXFingerprint
import HTXQUIC
import TransportBytes
import TransportTLS

/// What tells this node's TLS from others': JA4 of ClientHellos that it really makes.
enum Fingerprints {
  /// With a name of a server, as for addresses with one; nil when TLS makes none.
  static func members() -> [(String, String)]? {
    guard let tcp = tcp(), let quic = quic() else { return nil }
    return [("tcp", tcp.text), ("quic", quic.text), ("tcp_raw", tcp.raw), ("quic_raw", quic.raw)]
  }

  private static func tcp() -> JA4? {
    let session = try? TLSSession(
      clientOf: "example.org", isLiteral: false, pin: nil, protocols: Credentials.protocols,
      TLSCredentials(forPins: ()))
    guard let session, (try? session.handshake()) == false else { return nil }
    return ClientHello(records: session.output.readable).map { JA4($0, over: .tcp) }
  }

  private static func quic() -> JA4? {
    guard let bytes = try? HelloSample.bytes(name: "example.org", protocols: ["h3"]) else { return nil }
    return bytes.withUnsafeBytes { ClientHello(body: $0) }.map { JA4($0, over: .quic) }
  }
}
