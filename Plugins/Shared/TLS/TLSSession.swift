import CGnuTLS
import Glibc
// SPDX-License-Identifier: Apache-2.0
import TransportBytes

/// One TLS session, 1.3 unless it says otherwise, between two byte buffers; it touches no socket.
public final class TLSSession {
  /// What came from the other end and was not read by TLS yet.
  public let input = ByteBuffer(capacity: 65_536)
  /// What has to be sent to the other end.
  public let output = ByteBuffer(capacity: 65_536)

  private(set) var raw: gnutls_session_t?
  private let credentials: TLSCredentials
  private let pin: PublicKeyPin?
  /// GnuTLS keeps this pointer.
  private let name: UnsafeMutablePointer<CChar>?

  /// The dialling end. With a `pin` the server is known by its key, without one by a certificate for `name` that an
  /// authority vouches for.
  ///
  /// - Parameter protocols: names for ALPN (RFC 7301), the favourite first.
  public init(
    clientOf name: String, isLiteral: Bool, pin: PublicKeyPin?, protocols: [String], _ credentials: TLSCredentials
  ) throws(TLSFailure) {
    self.credentials = credentials
    self.pin = pin
    self.name = strdup(name)
    try check(gnutls_init(&raw, Self.flags | UInt32(GNUTLS_CLIENT)), "session")
    try prepare(protocols)
    if !isLiteral {
      try check(gnutls_server_name_set(raw, GNUTLS_NAME_DNS, name, name.utf8.count), "server name")
    }
    if pin == nil { gnutls_session_set_verify_cert(raw, self.name, 0) }
  }

  /// The listening end, with names for ALPN (RFC 7301), the favourite first.
  public init(serverWith credentials: TLSCredentials, protocols: [String]) throws(TLSFailure) {
    self.credentials = credentials
    pin = nil
    name = nil
    try check(gnutls_init(&raw, Self.flags | UInt32(GNUTLS_SERVER)), "session")
    try prepare(protocols)
  }

  /// Either end of a connection of equals: both show certificates, which `checkPeer` looks at after the handshake.
  ///
  /// - Parameters:
  ///   - name: of the server, for the dialling end; nil for the listening one.
  ///   - pin: the key that the server must have.
  ///   - demandsCertificate: whether a client without a certificate is turned away.
  public init(
    peerWith credentials: TLSCredentials, dialling name: String?, isLiteral: Bool, pin: PublicKeyPin?,
    demandsCertificate: Bool
  ) throws(TLSFailure) {
    self.credentials = credentials
    self.pin = pin
    self.name = nil
    let end = name == nil ? UInt32(GNUTLS_SERVER) : UInt32(GNUTLS_CLIENT)
    try check(gnutls_init(&raw, Self.flags | end), "session")
    try prepare([], priorities: "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2")
    if let name, !isLiteral {
      try check(gnutls_server_name_set(raw, GNUTLS_NAME_DNS, name, name.utf8.count), "server name")
    }
    if name == nil {
      gnutls_certificate_server_set_request(raw, demandsCertificate ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST)
    }
  }

  deinit {
    gnutls_deinit(raw)
    free(name)
  }

  private static let flags = UInt32(GNUTLS_NONBLOCK) | UInt32(GNUTLS_NO_SIGNAL) | UInt32(GNUTLS_NO_TICKETS.rawValue)

  private func prepare(
    _ protocols: [String], priorities: String = "NORMAL:-VERS-ALL:+VERS-TLS1.3"
  ) throws(TLSFailure) {
    try check(gnutls_priority_set_direct(raw, priorities, nil), "priorities")
    try check(gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials.raw)), "session")
    if !protocols.isEmpty { try offer(protocols) }
    gnutls_transport_set_ptr(raw, Unmanaged.passUnretained(self).toOpaque())
    gnutls_transport_set_pull_function(raw) { context, target, count in
      guard let context, let target else { return -1 }
      return Unmanaged<TLSSession>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.pull(target, count) }
    }
    gnutls_transport_set_push_function(raw) { context, source, count in
      guard let context else { return -1 }
      return Unmanaged<TLSSession>.fromOpaque(context)._withUnsafeGuaranteedRef { session in
        session.output.append(UnsafeRawBufferPointer(start: source, count: count))
        return count
      }
    }
  }

  private func offer(_ protocols: [String]) throws(TLSFailure) {
    var names = protocols.joined().utf8.map { $0 }
    var status: Int32 = 0
    names.withUnsafeMutableBufferPointer { bytes in
      var list: [gnutls_datum_t] = []
      var offset = 0
      for name in protocols {
        list.append(gnutls_datum_t(data: bytes.baseAddress.map { $0 + offset }, size: UInt32(name.utf8.count)))
        offset += name.utf8.count
      }
      status = gnutls_alpn_set_protocols(raw, list, UInt32(list.count), UInt32(GNUTLS_ALPN_SERVER_PRECEDENCE.rawValue))
    }
    try check(status, "ALPN")
  }

  /// The name that both ends agreed on by ALPN, once the handshake is over.
  public var applicationProtocol: String? {
    var name = gnutls_datum_t()
    guard gnutls_alpn_get_selected_protocol(raw, &name) == 0 else { return nil }
    return String(decoding: UnsafeRawBufferPointer(start: name.data, count: Int(name.size)), as: UTF8.self)
  }

  private func pull(_ target: UnsafeMutableRawPointer, _ room: Int) -> Int {
    guard !input.isEmpty else {
      gnutls_transport_set_errno(raw, EAGAIN)
      return -1
    }
    let count = min(room, input.count)
    target.copyMemory(from: input.bytes, byteCount: count)
    input.consume(count)
    return count
  }

  /// Goes as far as the input allows; true once both ends have agreed and the server is the right one.
  public func handshake() throws(TLSFailure) -> Bool {
    while true {
      let status = gnutls_handshake(raw)
      if status == GNUTLS_E_SUCCESS { break }
      if status == GNUTLS_E_AGAIN { return false }
      guard gnutls_error_is_fatal(status) != 0 else { continue }
      if status == GNUTLS_E_FATAL_ALERT_RECEIVED {
        let alert = gnutls_alert_get_name(gnutls_alert_get(raw)).map { String(cString: $0) } ?? "unknown"
        throw TLSFailure("the other end says: \(alert)")
      }
      gnutls_alert_send_appropriate(raw, status)
      if status == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR { throw distrust() }
      throw TLSFailure(status, "handshake")
    }
    guard let pin else { return true }
    var count: UInt32 = 0
    guard let chain = gnutls_certificate_get_peers(raw, &count), count > 0,
      try pin.matches(PublicKeyPin(ofCertificate: chain[0]))
    else {
      gnutls_alert_send(raw, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE)
      throw TLSFailure(pin.mismatch, isAuthentication: true)
    }
    return true
  }

  /// Why the server's certificate was not believed, and the way out.
  private func distrust() -> TLSFailure {
    let verdict = gnutls_session_get_verify_cert_status(raw)
    func has(_ flag: gnutls_certificate_status_t) -> Bool { verdict & flag.rawValue != 0 }
    let reason: String
    if has(GNUTLS_CERT_SIGNER_NOT_FOUND) {
      reason = "is not from a known authority; name its key in the address (#pin=sha256:…), or its authority"
    } else if has(GNUTLS_CERT_UNEXPECTED_OWNER) {
      reason = "is for another name; dial the name it has"
    } else if has(GNUTLS_CERT_EXPIRED) {
      reason = "has expired; renew it, or check the clock here"
    } else if has(GNUTLS_CERT_NOT_ACTIVATED) {
      reason = "is not valid yet; check the clocks"
    } else if has(GNUTLS_CERT_REVOKED) {
      reason = "was revoked; the server needs another one"
    } else {
      reason = "is not trusted; name its key in the address (#pin=sha256:…)"
    }
    return TLSFailure("the server's certificate \(reason)", isAuthentication: true)
  }

  /// Decrypts up to `count` bytes; nil when more input is needed, 0 when the other end has closed the session.
  public func receive(_ target: UnsafeMutableRawPointer, count: Int) throws(TLSFailure) -> Int? {
    while true {
      let before = input.count
      let result = gnutls_record_recv(raw, target, count)
      if result >= 0 { return result }
      if result == Int(GNUTLS_E_AGAIN) {
        // It also says so behind a message of the handshake, such as a ticket, with whole records still to be read.
        if !input.isEmpty, input.count < before { continue }
        return nil
      }
      guard gnutls_error_is_fatal(Int32(result)) != 0 else { continue }
      throw TLSFailure(Int32(result), "receive")
    }
  }

  /// Encrypts `count` bytes into `output`.
  public func send(_ source: UnsafeRawPointer, count: Int) throws(TLSFailure) {
    var done = 0
    while done < count {
      let result = gnutls_record_send(raw, source + done, count - done)
      guard result > 0 else { throw TLSFailure(Int32(result), "send") }
      done += result
    }
  }

  /// Says that nothing more will be sent: a close_notify goes into `output`.
  public func close() {
    gnutls_bye(raw, GNUTLS_SHUT_WR)
  }

  /// 32 bytes that only the two ends of this session can know (RFC 8446, 7.5), by a label such as "EXPORTER-mesh-ws".
  public func channelBinding(_ label: String) -> [UInt8] {
    var binding = [CChar](repeating: 0, count: 32)
    guard gnutls_prf_rfc5705(raw, label.utf8.count, label, 0, nil, binding.count, &binding) == 0 else { return [] }
    return binding.map { UInt8(bitPattern: $0) }
  }
}
