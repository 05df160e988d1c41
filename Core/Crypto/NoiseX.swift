// SPDX-License-Identifier: Apache-2.0

/// One-way sealing with `Noise_X_25519_ChaChaPoly_SHA256` (Noise revision 34, section 7.4): one message to somebody who
/// is not there to answer.
///
/// ```
/// <- s
/// ...
/// -> e, es, s, ss
/// ```
/// The recipient learns who sent it. Whoever later gets the recipient's key can read it, and can forge messages to that
/// recipient from anybody.
public enum NoiseX {
  /// The full name.
  public static let protocolName = "Noise_X_25519_ChaChaPoly_SHA256"

  /// The bytes that sealing adds: an ephemeral key, the sealed static key, a tag.
  public static let overhead = 96

  /// One message of `overhead` + `payload.count` bytes, at most 65,535.
  public static func seal(
    _ payload: [UInt8], prologue: [UInt8], from sender: X25519KeyPair, to recipient: X25519PublicKey,
    random: RandomBytes = .system
  ) throws(NoiseError) -> [UInt8] {
    guard payload.count <= NoiseSymmetricState.messageLimit - overhead else { throw .tooLong }
    var symmetric = NoiseSymmetricState(protocolName: protocolName, prologue: prologue)
    symmetric.mixHash(recipient.bytes)
    let ephemeral = X25519KeyPair.generate(from: random)
    var message = ephemeral.publicKey.bytes
    symmetric.mixHash(message)
    try mixAgreement(&symmetric, ephemeral, recipient)
    message += try symmetric.encrypt(sender.publicKey.bytes)
    try mixAgreement(&symmetric, sender, recipient)
    message += try symmetric.encrypt(payload)
    return message
  }

  /// The payload of a message for `recipient`, and the static key of whoever sealed it.
  public static func open(
    _ message: UnsafeRawBufferPointer, prologue: [UInt8], recipient: X25519KeyPair
  ) throws(NoiseError) -> (payload: [UInt8], sender: X25519PublicKey) {
    guard message.count <= NoiseSymmetricState.messageLimit else { throw .tooLong }
    guard message.count >= overhead, let ephemeral = X25519PublicKey(.init(rebasing: message[..<32])) else {
      throw .truncated
    }
    var symmetric = NoiseSymmetricState(protocolName: protocolName, prologue: prologue)
    symmetric.mixHash(recipient.publicKey.bytes)
    symmetric.mixHash(ephemeral.bytes)
    try mixAgreement(&symmetric, recipient, ephemeral)
    let key = try symmetric.decrypt(UnsafeRawBufferPointer(rebasing: message[32..<80]))
    guard let sender = X25519PublicKey(key) else { throw .truncated }
    try mixAgreement(&symmetric, recipient, sender)
    let payload = try symmetric.decrypt(UnsafeRawBufferPointer(rebasing: message[80...]))
    return (payload, sender)
  }

  /// As the other `open`, from an array.
  public static func open(
    _ message: [UInt8], prologue: [UInt8], recipient: X25519KeyPair
  ) throws(NoiseError) -> (payload: [UInt8], sender: X25519PublicKey) {
    let result = message.withUnsafeBytes { bytes in
      Result { () throws(NoiseError) in try open(bytes, prologue: prologue, recipient: recipient) }
    }
    return try result.get()
  }

  private static func mixAgreement(
    _ symmetric: inout NoiseSymmetricState, _ local: X25519KeyPair, _ remote: X25519PublicKey
  ) throws(NoiseError) {
    guard let shared = local.sharedSecret(with: remote) else { throw .lowOrderPoint }
    symmetric.mixKey(shared)
  }
}
