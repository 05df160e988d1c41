// SPDX-License-Identifier: Apache-2.0

import MeshCrypto

/// The keys of one link, both directions, and their renewal.
///
/// The secret of a phase gives its key by HKDF-Expand(secret, "mesh key") and the secret of the next phase by
/// HKDF-Expand(secret, "mesh ku"). A sender moves on when a limit is reached and `Association.renewKeys` finds that the
/// peer is ready; a receiver follows when a packet of the next phase opens, and still opens those of the one before.
/// Lanes keep counting through a change, so no pair of key and nonce is ever used twice.
struct LinkCipher: ~Copyable {
  let algorithm: AEADAlgorithm
  private var sendSecret: SecretBytes
  private var receiveSecret: SecretBytes
  private var sendKey: AEADKey
  private var receiveKey: AEADKey
  private var previousReceiveKey: AEADKey?
  private var nextReceiveKey: AEADKey
  private(set) var sendPhase: UInt8 = 0
  private(set) var receivePhase: UInt8 = 0

  /// True once the peer has acknowledged a packet sealed in the current phase.
  private(set) var isPhaseConfirmed = false
  private var packetsInPhase: UInt64 = 0
  private var bytesInPhase: UInt64 = 0
  private var phaseStartedAt: UInt64
  private(set) var failedOpens: UInt64 = 0
  /// Key changes since the handshake, both directions.
  private(set) var rekeys: UInt64 = 0

  init(algorithm: AEADAlgorithm, send: SecretBytes, receive: SecretBytes, now: UInt64)
    throws(SessionError)
  {
    let sealing = try Self.key(algorithm, send)
    let opening = try Self.key(algorithm, receive)
    let following = try Self.key(algorithm, Self.next(receive))
    self.algorithm = algorithm
    sendKey = sealing
    receiveKey = opening
    nextReceiveKey = following
    sendSecret = send
    receiveSecret = receive
    phaseStartedAt = now
  }

  private static func key(_ algorithm: AEADAlgorithm, _ secret: SecretBytes) throws(SessionError) -> AEADKey {
    let bytes = HKDF.expand(secret, info: "mesh key", count: 32)
    do { return try AEADKey(algorithm, key: bytes) } catch { throw .handshakeFailed("cipher") }
  }

  private static func next(_ secret: SecretBytes) -> SecretBytes {
    HKDF.expand(secret, info: "mesh ku", count: 32)
  }

  /// Seals in place: the frames stand behind the header, the tag goes behind them.
  mutating func seal(header: inout PacketHeader, lane: Int, packet: UnsafeMutableRawPointer, frames: Int) {
    header.phase = sendPhase
    header.write(to: packet)
    let body = packet + PacketHeader.length
    sendKey.seal(
      lane: UInt32(lane), number: header.number, associated: .init(start: packet, count: PacketHeader.length),
      plaintext: .init(start: body, count: frames), into: body)
    packetsInPhase += 1
    bytesInPhase += UInt64(frames)
  }

  /// Opens in place; false when the packet is not authentic.
  mutating func open(
    header: PacketHeader, lane: Int, packet: UnsafeMutableRawBufferPointer, now: UInt64
  ) -> Bool {
    let body = UnsafeMutableRawBufferPointer(rebasing: packet[PacketHeader.length...])
    func attempt(_ key: AEADKey) -> Bool {
      key.open(
        lane: UInt32(lane), number: header.number,
        associated: .init(start: packet.baseAddress, count: PacketHeader.length), ciphertext: .init(body),
        into: body.baseAddress!)
    }
    if header.phase == receivePhase {
      if attempt(receiveKey) { return true }
    } else if header.phase == (receivePhase + 1) & 3 {
      if attempt(nextReceiveKey) {
        advanceReceivePhase()
        return true
      }
    } else if header.phase == (receivePhase + 3) & 3, let previous = previousReceiveKey, attempt(previous) {
      return true
    }
    failedOpens += 1
    return false
  }

  /// A packet sealed in `phase` was acknowledged.
  mutating func acknowledged(phase: UInt8) { if phase == sendPhase { isPhaseConfirmed = true } }

  /// Whether one of the limits of a key is reached.
  func isPhaseUsedUp(_ options: SessionOptions, now: UInt64) -> Bool {
    packetsInPhase >= options.rekeyPackets || bytesInPhase >= options.rekeyBytes
      || now - phaseStartedAt >= options.rekeyAfter
  }

  /// Takes the next key for sending.
  mutating func advanceSendPhase(now: UInt64) {
    let secret = Self.next(sendSecret)
    guard let key = try? Self.key(algorithm, secret) else { return }
    sendSecret = secret
    sendKey = key
    sendPhase = (sendPhase + 1) & 3
    isPhaseConfirmed = false
    packetsInPhase = 0
    bytesInPhase = 0
    phaseStartedAt = now
    rekeys += 1
  }

  private mutating func advanceReceivePhase() {
    let secret = Self.next(receiveSecret)
    guard let following = try? Self.key(algorithm, Self.next(secret)) else { return }
    receiveSecret = secret
    previousReceiveKey = receiveKey
    receiveKey = nextReceiveKey
    nextReceiveKey = following
    receivePhase = (receivePhase + 1) & 3
    rekeys += 1
  }
}
