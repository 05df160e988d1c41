// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXHTTP3
import HTXQUIC
import HTXTickets
import MeshCrypto
import MeshWire
import TransportDriver
import TransportTLS

/// The instance's certificates and ticket keys.
struct Credentials {
  private(set) var server: TLSCredentials?
  private var client: TLSCredentials?
  private var pinned: TLSCredentials?
  private var quicServerCredentials: HTXQUIC.Credentials?
  private var quicClientCredentials: HTXQUIC.Credentials?
  private var quicPinned: HTXQUIC.Credentials?
  /// What the key of a certificate that is made here comes from.
  var certificateSecret: SecretBytes?
  /// Names for ALPN.
  static let protocols = ["h2", "http/1.1"]

  /// Finds what could never work, before anything is opened.
  static func check(_ settings: Settings) throws(Failure) {
    if let pin = settings.pin, PublicKeyPin(pin) == nil {
      throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, "pin: expected sha256: and 32 bytes in hex or base64url")
    }
    let cover = settings.cover
    for (name, range) in [
      ("fallback", settings.fallback), ("padding_delay", cover.paddingDelay), ("cover", cover.visitHold),
    ] where range.isEmpty {
      throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, "\(name)_minimum is over \(name)_maximum")
    }
    if !cover.keepAlive.isOff, cover.keepAlive.isEmpty {
      throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, "keepalive_minimum is over keepalive_maximum")
    }
    if (settings.certificate == nil) != (settings.key == nil) {
      throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, "certificate and key go together")
    }
  }

  /// The ticket keys: of the files, or the one that comes from the node's identity. A host without an identity gets one
  /// that is new with every start.
  static func ticketKeys(_ settings: Settings, derived: SecretBytes?) throws(Failure) -> [TicketKey] {
    var keys: [TicketKey] = []
    for path in settings.ticketKeys {
      guard let secret = SecretFile.read(path), let key = TicketKey(secret: secret) else {
        throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, "ticket_keys: \(path) has not 64 hexadecimal digits")
      }
      keys.append(key)
    }
    if keys.isEmpty, let key = TicketKey(secret: derived ?? TicketKey.makeSecret()) { keys.append(key) }
    return keys
  }

  /// Reads or makes the server's certificate.
  mutating func prepareServer(_ settings: Settings) throws(Failure) {
    guard server == nil else { return }
    do throws(TLSFailure) {
      if let certificate = settings.certificate, let key = settings.key {
        server = try TLSCredentials(certificate: certificate, key: key)
      } else if let secret = certificateSecret {
        server = try secret.withBytes { bytes throws(TLSFailure) in
          try TLSCredentials(selfMade: "localhost", secret: bytes)
        }
      } else {
        server = try TLSCredentials(selfMade: "localhost")
      }
    } catch {
      throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, error.sentence)
    }
  }

  /// The session of an accepted connection.
  func serverSession() throws(Failure) -> TLSSession {
    guard let server else { throw Failure(MESH_E_INTERNAL, MESH_CLASS_BUG, "no credentials") }
    do throws(TLSFailure) {
      return try TLSSession(serverWith: server, protocols: Self.protocols)
    } catch { throw Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, error.sentence) }
  }

  /// The session of a dialled connection.
  mutating func clientSession(_ address: HTXAddress, _ settings: Settings) throws(Failure) -> TLSSession {
    do throws(TLSFailure) {
      let pin = address.key ?? settings.pin.flatMap { PublicKeyPin($0) }
      let credentials = try pin == nil ? authorities(settings) : keysOnly()
      return try TLSSession(
        clientOf: address.host, isLiteral: SocketAddress(literal: address.host, port: 0) != nil,
        pin: pin, protocols: Self.protocols, credentials)
    } catch { throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, error.sentence) }
  }

  /// Whether a server can only be dialled after the certificates to trust were read.
  func lackAuthorities(for address: HTXAddress, _ settings: Settings) -> Bool {
    client == nil && address.pin == nil && settings.pin == nil
  }

  /// Takes what was read.
  mutating func trust(_ authorities: TLSCredentials?) { client = client ?? authorities }

  /// For servers that authorities vouch for; they are read by then.
  private mutating func authorities(_ settings: Settings) throws(TLSFailure) -> TLSCredentials {
    if let client { return client }
    let made = try TLSCredentials(authorities: settings.authorities)
    client = made
    return made
  }

  private mutating func keysOnly() throws(TLSFailure) -> TLSCredentials {
    if let pinned { return pinned }
    let made = try TLSCredentials(forPins: ())
    pinned = made
    return made
  }

  /// The server's, for QUIC.
  mutating func quicServer() throws(Failure) -> HTXQUIC.Credentials {
    if let quicServerCredentials { return quicServerCredentials }
    guard let server else { throw Failure(MESH_E_INTERNAL, MESH_CLASS_BUG, "no credentials") }
    let made = try Self.quic(server)
    quicServerCredentials = made
    return made
  }

  /// What the stateless resets of a listener come from, the same after a restart: links of the process that was there
  /// before believe them. Nil without a node's identity.
  func resetSecret(_ listener: SocketAddress) -> SecretBytes? {
    certificateSecret.map { HKDF.expand($0, info: "mesh htx reset \(listener.text)") }
  }

  /// Those that servers are dialled with over QUIC: by their key (`isPinned`), or by authorities.
  mutating func quicClient(isPinned: Bool, _ settings: Settings) throws(Failure) -> HTXQUIC.Credentials {
    if let made = isPinned ? quicPinned : quicClientCredentials { return made }
    let tls: TLSCredentials
    do throws(TLSFailure) {
      tls = try isPinned ? keysOnly() : authorities(settings)
    } catch { throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, error.sentence) }
    let made = try Self.quic(tls)
    if isPinned { quicPinned = made } else { quicClientCredentials = made }
    return made
  }

  private static func quic(_ credentials: TLSCredentials) throws(Failure) -> HTXQUIC.Credentials {
    do throws(CredentialsError) {
      return try HTXQUIC.Credentials(
        .lent(credentials.handle, owner: credentials), protocols: [HTTP3Connection.applicationProtocol])
    } catch { throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, error.sentence) }
  }
}
