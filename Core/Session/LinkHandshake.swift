// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshWire

/// One Noise XK handshake on one link, in either role: messages in, messages out, and at the end the keys.
///
/// On the wire: message 1 = kind ‖ version ‖ length (2) ‖ noise ‖ mac1 (16) ‖ mac2 (16); message 2 and 3 = kind ‖ receiver
/// index (4) ‖ noise. mac1 is keyed by the responder's public key (as WireGuard's), so that only who knows the name can
/// make the responder compute; mac2 by the cookie, when one was asked for.
struct LinkHandshake {
  static let version: UInt8 = 1
  static let macLength = 16

  let isInitiator: Bool
  let startedAt: UInt64
  /// Our receiver index; its low three bits are zero and become the lane.
  let receiverBase: UInt32
  private(set) var peerReceiverBase: UInt32 = 0
  /// The other node: known to the initiator from the start, to the responder after message 3.
  private(set) var peer: NodeID?
  private var noise: NoiseXK
  private(set) var cipher: AEADAlgorithm?
  /// The last message sent, to be repeated on lossy links.
  private(set) var lastMessage: [UInt8] = []
  var cookie: [UInt8]?
  private(set) var confirmation: Confirmation?

  /// What both sides tell each other under encryption once identities are known.
  struct Confirmation: Equatable {
    /// The sender's number for its conversation with this peer. A larger one than last time means that the sender has
    /// forgotten everything: it was restarted. A smaller one is of an earlier life.
    var conversation: UInt64
    var parameters: PeerParameters

    func write(to writer: inout GrowingByteWriter) {
      writer.u64(conversation)
      let entries = parameters.entries
      writer.u8(UInt8(entries.count))
      for entry in entries {
        writer.u8(UInt8(entry.id))
        writer.u64(entry.value)
      }
    }

    init(conversation: UInt64, parameters: PeerParameters) {
      self.conversation = conversation
      self.parameters = parameters
    }

    init(_ reader: inout ByteReader) throws(WireError) {
      conversation = try reader.u64()
      guard conversation > 0, conversation < ConversationNumbers.limit else { throw .malformed }
      parameters = PeerParameters()
      for _ in 0..<(try reader.u8()) { parameters.set(UInt64(try reader.u8()), try reader.u64()) }
    }
  }

  static func prologue(binding: [UInt8]) -> [UInt8] {
    var writer = GrowingByteWriter()
    writer.bytes(Array("mesh/1".utf8))
    writer.u8(version)
    writer.u16(UInt16(binding.count))
    writer.bytes(binding)
    return writer.written
  }

  /// Dials `peer`.
  init(
    initiating peer: NodeID, identity: Identity, keys: inout NoiseKeys, opening: NoiseXKOpening? = nil,
    binding: [UInt8], receiverBase: UInt32, random: RandomBytes, now: UInt64
  ) throws(SessionError) {
    guard let remote = keys.key(of: peer) else { throw .handshakeFailed("the name is not a valid key") }
    isInitiator = true
    startedAt = now
    self.receiverBase = receiverBase
    self.peer = peer
    noise = NoiseXK(
      initiator: Self.prologue(binding: binding), localStatic: identity.noiseStatic, remoteStatic: remote,
      opening: opening, random: random)
  }

  /// Answers whoever dialled.
  init(
    respondingAs identity: Identity, ephemeral: X25519KeyPair? = nil, binding: [UInt8], receiverBase: UInt32,
    random: RandomBytes, now: UInt64
  ) {
    isInitiator = false
    startedAt = now
    self.receiverBase = receiverBase
    noise = NoiseXK(
      responder: Self.prologue(binding: binding), localStatic: identity.noiseStatic, ephemeral: ephemeral,
      random: random)
  }

  // MARK: initiator

  mutating func message1(ciphers: [AEADAlgorithm], network: borrowing NetworkKeys) throws(SessionError) -> [UInt8] {
    var offer = GrowingByteWriter()
    offer.u32(receiverBase)
    offer.u8(UInt8(ciphers.count))
    for cipher in ciphers { offer.u8(cipher.rawValue) }
    let body = try write(offer.written)
    var writer = GrowingByteWriter()
    writer.u8(PacketHeader.Kind.handshake1.rawValue)
    writer.u8(Self.version)
    writer.u16(UInt16(body.count))
    writer.bytes(body)
    lastMessage = writer.written
    sign(network: network)
    return lastMessage
  }

  /// Message 1 once more, now with the cookie in `packet`; nil when that is no answer to our message 1, or nothing new.
  mutating func answerCookie(_ packet: UnsafeRawBufferPointer, network: borrowing NetworkKeys) -> [UInt8]? {
    guard isInitiator, let peer, let fresh = NetworkKeys.openCookie(packet, of: peer, for: lastMessage),
      fresh != cookie
    else { return nil }
    cookie = fresh
    lastMessage.removeLast(2 * Self.macLength)
    sign(network: network)
    return lastMessage
  }

  private mutating func sign(network: borrowing NetworkKeys) {
    lastMessage += network.mac1(of: lastMessage, responder: peer!)
    lastMessage += cookie.map { NetworkKeys.mac2(of: lastMessage, cookie: $0) } ?? [UInt8](repeating: 0, count: 16)
  }

  mutating func readMessage2(_ packet: UnsafeRawBufferPointer, offered: [AEADAlgorithm]) throws(SessionError) {
    let payload = try read(noiseMessage: packet)
    do {
      let choice = try payload.withReader { (reader) throws(WireError) in (try reader.u32(), try reader.u8()) }
      guard let algorithm = AEADAlgorithm(rawValue: choice.1), offered.contains(algorithm) else {
        throw SessionError.versionMismatch
      }
      peerReceiverBase = choice.0 & ~7
      cipher = algorithm
    } catch let error as SessionError { throw error } catch { throw .handshakeFailed("message 2 is malformed") }
  }

  mutating func message3(identity: Identity, confirmation: Confirmation) throws(SessionError) -> [UInt8] {
    var payload = GrowingByteWriter()
    identity.id.withBytes { payload.bytes(Array($0)) }
    confirmation.write(to: &payload)
    let body = try write(payload.written)
    var writer = GrowingByteWriter()
    writer.u8(PacketHeader.Kind.handshake3.rawValue)
    writer.u32(peerReceiverBase)
    writer.bytes(body)
    lastMessage = writer.written
    return lastMessage
  }

  // MARK: responder

  /// The noise part of message 1, after its shape and mac1 were checked.
  static func body(ofMessage1 packet: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard packet.count >= 4 + 48 + 2 * macLength else { return nil }
    let length = Int(packet[2]) << 8 | Int(packet[3])
    guard packet.count == 4 + length + 2 * macLength else { return nil }
    return UnsafeRawBufferPointer(rebasing: packet[4..<4 + length])
  }

  mutating func readMessage1(_ body: UnsafeRawBufferPointer, accepted: [AEADAlgorithm]) throws(SessionError) {
    let payload = try read(body)
    do {
      let offer = try payload.withReader { (reader) throws(WireError) in
        let index = try reader.u32()
        let count = Int(try reader.u8())
        return (index, Array(try reader.bytes(count)))
      }
      peerReceiverBase = offer.0 & ~7
      guard let choice = accepted.first(where: { offer.1.contains($0.rawValue) }) else {
        throw SessionError.versionMismatch
      }
      cipher = choice
    } catch let error as SessionError { throw error } catch { throw .handshakeFailed("message 1 is malformed") }
  }

  mutating func message2() throws(SessionError) -> [UInt8] {
    var choice = GrowingByteWriter()
    choice.u32(receiverBase)
    choice.u8(cipher!.rawValue)
    let body = try write(choice.written)
    var writer = GrowingByteWriter()
    writer.u8(PacketHeader.Kind.handshake2.rawValue)
    writer.u32(peerReceiverBase)
    writer.bytes(body)
    lastMessage = writer.written
    return lastMessage
  }

  /// After this the peer is known; whether it may talk to us is the caller's decision.
  mutating func readMessage3(_ packet: UnsafeRawBufferPointer, keys: inout NoiseKeys) throws(SessionError) {
    let payload = try read(noiseMessage: packet)
    let parsed: (NodeID, Confirmation)
    do {
      parsed = try payload.withReader { (reader) throws(WireError) in
        guard let id = NodeID(bytes: try reader.bytes(32)) else { throw WireError.malformed }
        return (id, try Confirmation(&reader))
      }
    } catch { throw .handshakeFailed("message 3 is malformed") }
    // The map to X25519 loses a sign bit, so the name itself travels and must map to the static key that was proved.
    guard let expected = keys.key(of: parsed.0), let proved = noise.remoteStatic, expected == proved
    else { throw .handshakeFailed("the name does not belong to the key") }
    peer = parsed.0
    confirmation = parsed.1
  }

  // MARK: both

  func makeCipher(now: UInt64) throws(SessionError) -> LinkCipher {
    guard let algorithm = cipher else { throw .handshakeFailed("no cipher was agreed") }
    let keys: (send: SecretBytes, receive: SecretBytes, handshakeHash: [UInt8])
    do { keys = try noise.split() } catch { throw .handshakeFailed("the handshake is not complete") }
    return try LinkCipher(algorithm: algorithm, send: keys.send, receive: keys.receive, now: now)
  }

  private mutating func read(noiseMessage packet: UnsafeRawBufferPointer) throws(SessionError) -> [UInt8] {
    guard packet.count > 5 else { throw .handshakeFailed("a message is too short") }
    return try read(UnsafeRawBufferPointer(rebasing: packet[5...]))
  }

  private mutating func read(_ body: UnsafeRawBufferPointer) throws(SessionError) -> [UInt8] {
    do { return try noise.read(body) } catch { throw .handshakeFailed("keys or channel binding do not match") }
  }

  private mutating func write(_ payload: [UInt8]) throws(SessionError) -> [UInt8] {
    do { return try noise.write(payload: payload) } catch { throw .handshakeFailed("no message is due") }
  }
}
