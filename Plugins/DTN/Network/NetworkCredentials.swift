// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import CMeshABI
import TransportDriver
import TransportTLS

/// The instance's certificate and whom it trusts, for TLS below TCPCLv4 (RFC 9174 section 4.4).
package struct NetworkCredentials {
  private let credentials: TLSCredentials
  private let policy: TCPCLSettings.TLSPolicy
  /// How others may know this node by its key.
  package let pin: String?

  /// NODE-ID of RFC 9174 section 4.4.2.1: id-on-bundleEID.
  static let nodeName = "1.3.6.1.5.5.7.8.11"

  /// id-kp-bundleSecurity of RFC 9174 section 4.4.2.
  private static let bundleSecurity = "1.3.6.1.5.5.7.3.35"

  /// Reads the files, or makes a certificate where there are none; nil without TLS.
  package init?(_ settings: NetworkSettings) throws(Failure) {
    guard settings.tls != .never else { return nil }
    policy = settings.tls
    guard (settings.certificate == nil) == (settings.key == nil) else {
      throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, "certificate and key go together")
    }
    do throws(TLSFailure) {
      if let certificate = settings.certificate, let key = settings.key {
        credentials = try TLSCredentials(certificate: certificate, key: key, authorities: settings.authorities)
      } else {
        credentials = try TLSCredentials(selfMade: "mesh")
      }
    } catch {
      throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, error.sentence)
    }
    pin = credentials.pin?.text
  }

  func session(for connection: Connection) throws(TLSFailure) -> TLSSession {
    let isActive = connection.dialler != nil
    let host = connection.address.host
    return try TLSSession(
      peerWith: credentials, dialling: isActive ? host : nil,
      isLiteral: SocketAddress(literal: host, port: 0) != nil, pin: connection.address.pin.flatMap { PublicKeyPin($0) },
      demandsCertificate: policy == .required)
  }

  /// The nodes that the peer has proven to be, once the handshake is over. With `optional` a certificate that nobody
  /// vouches for proves nothing and does no harm.
  /// - Parameter wanted: the node behind an address with a pin, which the key has proven.
  func nodes(_ session: TLSSession, wanted: EndpointID?) throws(TLSFailure) -> [EndpointID] {
    if let wanted { return [wanted] }
    do throws(TLSFailure) {
      try session.checkPeer()
      try session.checkPeer(isFor: Self.bundleSecurity, "bundles")
    } catch {
      if policy == .required { throw error }
      return []
    }
    return try session.peerNames(Self.nodeName).compactMap { try? EndpointID($0).node }
  }
}
