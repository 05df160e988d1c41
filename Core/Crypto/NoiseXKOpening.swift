// SPDX-License-Identifier: Apache-2.0

/// What the initiator of a `NoiseXK` handshake can compute before there is a channel: its ephemeral key, and the agreement
/// of that with the responder's static key. For one handshake, and never for a second one.
public struct NoiseXKOpening: Sendable {
  let remoteStatic: X25519PublicKey
  let ephemeral: X25519KeyPair
  let agreement: SecretBytes

  /// Two operations of X25519. Nil when the key is a point of low order, with which no handshake succeeds.
  ///
  /// - Parameter random: where the ephemeral key comes from: its first 32 bytes are the secret key.
  public init?(to remoteStatic: X25519PublicKey, random: RandomBytes = .system) {
    ephemeral = X25519KeyPair.generate(from: random)
    guard let agreement = ephemeral.sharedSecret(with: remoteStatic) else { return nil }
    self.remoteStatic = remoteStatic
    self.agreement = agreement
  }
}
