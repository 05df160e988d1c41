import CMeshABI
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import TransportTLS
import WebSocketCore

/// The instance's certificates; each kind is read when the first listener or link needs it.
struct Credentials {
  private var server: TLSCredentials?
  private var client: TLSCredentials?
  private var pinned: TLSCredentials?

  /// Finds what could never work, before anything is opened.
  func check(_ settings: Settings) throws(Failure) {
    if let pin = settings.pin, PublicKeyPin(pin) == nil {
      throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, "pin: expected sha256: and 32 bytes in hex or base64url")
    }
    if (settings.certificate == nil) != (settings.key == nil) {
      throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, "certificate and key go together")
    }
  }

  /// Reads or makes the server's certificate and tells its pin.
  mutating func prepareServer(_ settings: Settings, _ host: Host) throws(Failure) {
    guard server == nil else { return }
    do throws(TLSFailure) {
      let made: TLSCredentials
      if let certificate = settings.certificate, let key = settings.key {
        made = try TLSCredentials(certificate: certificate, key: key)
      } else {
        made = try TLSCredentials(selfMade: "mesh")
      }
      server = made
      if let pin = made.pin { host.log(MESH_LOG_INFO, "wss listeners are known by #pin=\(pin.text)") }
    } catch {
      throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, error.sentence)
    }
  }

  /// Whether a server can only be dialled after the certificates to trust were read.
  func lackAuthorities(for address: WebSocketAddress, _ settings: Settings) -> Bool {
    address.isSecure && client == nil && address.pin == nil && settings.pin == nil
  }

  /// Takes what was read.
  mutating func trust(_ authorities: TLSCredentials?) { client = client ?? authorities }

  /// A session for a link that has just connected.
  mutating func session(for link: Link, _ settings: Settings) throws(Failure) -> TLSSession {
    do {
      if link.role == .server, let server { return try TLSSession(serverWith: server, protocols: ["http/1.1"]) }
      let pin = (link.address.pin ?? settings.pin).flatMap { PublicKeyPin($0) }
      if pin != nil, pinned == nil { pinned = try TLSCredentials(forPins: ()) }
      guard let credentials = pin == nil ? client : pinned else {
        throw Failure(MESH_E_INTERNAL, MESH_CLASS_BUG, "no credentials")
      }
      let name = link.address.host
      let isLiteral = SocketAddress(literal: name, port: 0) != nil
      return try TLSSession(
        clientOf: name, isLiteral: isLiteral, pin: pin, protocols: ["http/1.1"], credentials)
    } catch let failure as TLSFailure {
      throw Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, failure.sentence)
    } catch {
      throw Failure(MESH_E_INTERNAL, MESH_CLASS_BUG, "no session")
    }
  }
}
