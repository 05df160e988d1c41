// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// The handshake `Noise_XK_25519_ChaChaPoly_SHA256` (Noise revision 34), without any input or output of its own.
///
/// ```
/// <- s
/// ...
/// -> e, es    48 bytes and the payload
/// <- e, ee    48 bytes and the payload
/// -> s, se    64 bytes and the payload
/// ```
/// The initiator calls write, read, write, split; the responder read, write, read, split. After a message that fails,
/// every further call throws `failed`.
public struct NoiseXK: Sendable {
  /// The full name, which is exactly as long as a hash.
  public static let protocolName = "Noise_XK_25519_ChaChaPoly_SHA256"

  /// The bytes that messages 1, 2 and 3 add to their payloads.
  public static let overhead = [48, 48, 64]

  private var symmetric: NoiseSymmetricState
  private let isInitiator: Bool
  private let localStatic: X25519KeyPair
  private let random: RandomBytes
  private var localEphemeral: X25519KeyPair?
  private var opening: NoiseXKOpening?
  private var remoteEphemeral: X25519PublicKey?
  private var messages = 0
  private var hasFailed = false

  /// The other side's static key: known to the initiator from the start, to the responder after message 3.
  public private(set) var remoteStatic: X25519PublicKey?

  /// Starts as the side that writes first and knows whom it wants to reach.
  ///
  /// - Parameters:
  ///   - prologue: what both sides must agree on before they start.
  ///   - opening: what was made ahead for this handshake alone; one for another key is not used.
  ///   - random: where the ephemeral key comes from: its first 32 bytes are the secret key.
  public init(
    initiator prologue: [UInt8], localStatic: X25519KeyPair, remoteStatic: X25519PublicKey,
    opening: NoiseXKOpening? = nil, random: RandomBytes = .system
  ) {
    self.init(prologue, true, localStatic, remoteStatic, random)
    if opening?.remoteStatic == remoteStatic { self.opening = opening }
  }

  /// Starts as the side that is called. `ephemeral` was made ahead for this handshake alone.
  public init(
    responder prologue: [UInt8], localStatic: X25519KeyPair, ephemeral: X25519KeyPair? = nil,
    random: RandomBytes = .system
  ) {
    self.init(prologue, false, localStatic, nil, random)
    localEphemeral = ephemeral
  }

  private init(
    _ prologue: [UInt8], _ isInitiator: Bool, _ localStatic: X25519KeyPair, _ remoteStatic: X25519PublicKey?,
    _ random: RandomBytes
  ) {
    self.isInitiator = isInitiator
    self.localStatic = localStatic
    self.remoteStatic = remoteStatic
    self.random = random
    symmetric = NoiseSymmetricState(protocolName: Self.protocolName, prologue: prologue)
    symmetric.mixHash((remoteStatic ?? localStatic.publicKey).bytes)
  }

  /// Whether all three messages have passed and `split` may be called.
  public var isComplete: Bool { messages == 3 && !hasFailed }

  /// Whether this side writes next.
  public var writesNext: Bool { messages < 3 && !hasFailed && (messages % 2 == 0) == isInitiator }

  /// The hash of the handshake so far; after message 3 it names the session and may be public.
  public var handshakeHash: [UInt8] { symmetric.handshakeHash }

  /// The next message, with `payload` inside. The payload of message 1 is not protected against replay.
  public mutating func write(payload: [UInt8]) throws(NoiseError) -> [UInt8] {
    if hasFailed { throw .failed }
    guard writesNext else { throw .wrongTurn }
    guard payload.count <= NoiseSymmetricState.messageLimit - Self.overhead[messages] else { throw .tooLong }
    hasFailed = true
    var message: [UInt8]
    switch messages {
    case 0, 1:
      let ephemeral = opening?.ephemeral ?? localEphemeral ?? X25519KeyPair.generate(from: random)
      localEphemeral = ephemeral
      message = ephemeral.publicKey.bytes
      symmetric.mixHash(message)
      if let opening {
        symmetric.mixKey(opening.agreement)
        self.opening = nil
      } else {
        try mixAgreement(ephemeral, messages == 0 ? remoteStatic : remoteEphemeral)
      }
    default:
      message = try symmetric.encrypt(localStatic.publicKey.bytes)
      try mixAgreement(localStatic, remoteEphemeral)
    }
    message += try symmetric.encrypt(payload)
    messages += 1
    hasFailed = false
    return message
  }

  /// Verifies the other side's next message and returns its payload.
  public mutating func read(_ message: UnsafeRawBufferPointer) throws(NoiseError) -> [UInt8] {
    if hasFailed { throw .failed }
    guard messages < 3, !writesNext else { throw .wrongTurn }
    hasFailed = true
    guard message.count <= NoiseSymmetricState.messageLimit else { throw .tooLong }
    guard message.count >= Self.overhead[messages] else { throw .truncated }
    let keyLength = messages == 2 ? 48 : 32
    let key = UnsafeRawBufferPointer(rebasing: message[..<keyLength])
    if messages == 2 {
      let remote = X25519PublicKey(try symmetric.decrypt(key))
      try mixAgreement(localEphemeral, remote)
      remoteStatic = remote
    } else {
      remoteEphemeral = X25519PublicKey(key)
      symmetric.mixHash(key)
      try mixAgreement(messages == 0 ? localStatic : localEphemeral, remoteEphemeral)
    }
    let payload: [UInt8]
    do throws(NoiseError) {
      payload = try symmetric.decrypt(UnsafeRawBufferPointer(rebasing: message[keyLength...]))
    } catch {
      // Nothing proves yet that the sender holds this key.
      if !isInitiator { remoteStatic = nil }
      throw error
    }
    messages += 1
    hasFailed = false
    return payload
  }

  /// As the other `read`, from an array.
  public mutating func read(_ message: [UInt8]) throws(NoiseError) -> [UInt8] {
    let result = message.withUnsafeBytes { bytes in
      Result { () throws(NoiseError) in try read(bytes) }
    }
    return try result.get()
  }

  /// The keys of the two directions as this side uses them, and the handshake hash. Both ends have the same hash, and
  /// one's `send` is the other's `receive`.
  public func split() throws(NoiseError) -> (send: SecretBytes, receive: SecretBytes, handshakeHash: [UInt8]) {
    if hasFailed { throw .failed }
    guard messages == 3 else { throw .wrongTurn }
    let (forward, back) = symmetric.split()
    return isInitiator ? (forward, back, handshakeHash) : (back, forward, handshakeHash)
  }

  private mutating func mixAgreement(_ local: X25519KeyPair?, _ remote: X25519PublicKey?) throws(NoiseError) {
    guard let local, let remote else { throw .wrongTurn }
    guard let shared = local.sharedSecret(with: remote) else { throw .lowOrderPoint }
    symmetric.mixKey(shared)
  }
}
