// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshSession
import MeshWire

/// Why an envelope cannot be sealed or opened.
public enum EnvelopeError: Error, Equatable, Sendable {
  /// The recipient's name is no good key.
  case recipient
  /// The body or the protocol's name is too long.
  case tooLarge
  /// Not an envelope of this version for this node, or changed on the way.
  case unreadable
  /// It says that it comes from somebody who did not seal it.
  case forged
}

extension Envelope {
  private static let hasKey: UInt8 = 1
  private static let hasPlace: UInt8 = 2
  private static let fixedLength = 3 + 32 + 16 + 8 + 8 + 8 + 32

  /// The sealed bytes for a node.
  public func seal(
    for recipient: NodeID, from identity: Identity, random: RandomBytes = .system
  ) throws(EnvelopeError) -> [UInt8] {
    guard body.count <= Self.bodyLimit, name.utf8.count <= StreamPreamble.nameLimit else { throw .tooLarge }
    guard let remote = Identity.noisePublicKey(of: recipient) else { throw .recipient }
    let bodyKey = SecretBytes.random(AEADAlgorithm.keyLength, from: random)
    var payload = header(bodyKey)
    defer { for index in payload.indices { payload[index] = 0 } }
    let head: [UInt8]
    do throws(NoiseError) {
      head = try NoiseX.seal(
        payload, prologue: Self.prologue(recipient), from: identity.noiseStatic, to: remote, random: random)
    } catch { throw .recipient }
    guard let cipher = try? AEADKey(.chaCha20Poly1305, key: bodyKey) else { throw .recipient }
    let chunks = max(1, (body.count + Self.chunk - 1) / Self.chunk)
    let size = 3 + head.count + body.count + chunks * AEADAlgorithm.tagLength
    return [UInt8](unsafeUninitializedCapacity: size) { output, count in
      output[0] = Self.version
      output[1] = UInt8(truncatingIfNeeded: head.count >> 8)
      output[2] = UInt8(truncatingIfNeeded: head.count)
      guard let start = UnsafeMutableRawBufferPointer(output).baseAddress else { return }
      (start + 3).copyMemory(from: head, byteCount: head.count)
      Self.sealChunks(body, with: cipher, to: start + 3 + head.count)
      count = size
    }
  }

  private static func sealChunks(_ body: [UInt8], with cipher: AEADKey, to output: UnsafeMutableRawPointer) {
    var output = output
    body.withUnsafeBytes { bytes in
      var at = 0
      var number: UInt64 = 0
      repeat {
        let length = min(chunk, bytes.count - at)
        cipher.seal(
          lane: at + length == bytes.count ? 1 : 0, number: number, associated: .init(start: nil, count: 0),
          plaintext: UnsafeRawBufferPointer(rebasing: bytes[at..<(at + length)]), into: output)
        output += length + AEADAlgorithm.tagLength
        at += length
        number += 1
      } while at < bytes.count
    }
  }

  private func header(_ bodyKey: SecretBytes) -> [UInt8] {
    var writer = GrowingByteWriter(capacity: Self.fixedLength + key.count + SessionPlace.length + name.utf8.count)
    writer.u8(kind.rawValue)
    writer.u8(trafficClass.rawValue)
    writer.u8((key.count == Self.keyLength ? Self.hasKey : 0) | (place == nil ? 0 : Self.hasPlace))
    writer.bytes(sender.bytes)
    writer.u64(UInt64(truncatingIfNeeded: id >> 64))
    writer.u64(UInt64(truncatingIfNeeded: id))
    writer.u64(issued)
    writer.u64(lifetime)
    writer.u64(UInt64(body.count))
    bodyKey.withBytes { writer.bytes($0) }
    if key.count == Self.keyLength { writer.bytes(key) }
    place?.write(to: &writer)
    writer.bytes(Array(name.utf8))
    return writer.written
  }

  /// Opens an envelope for this node.
  public init(_ bytes: UnsafeRawBufferPointer, for identity: Identity) throws(EnvelopeError) {
    guard bytes.count > 3, bytes[0] == Self.version else { throw .unreadable }
    let length = Int(bytes[1]) << 8 | Int(bytes[2])
    guard bytes.count >= 3 + length else { throw .unreadable }
    let head = UnsafeRawBufferPointer(rebasing: bytes[3..<(3 + length)])
    var opened: (payload: [UInt8], sender: X25519PublicKey)
    do throws(NoiseError) {
      opened = try NoiseX.open(head, prologue: Self.prologue(identity.id), recipient: identity.noiseStatic)
    } catch { throw .unreadable }
    defer { for index in opened.payload.indices { opened.payload[index] = 0 } }
    var bodyLength: UInt64 = 0
    var cipher: AEADKey?
    do throws(WireError) {
      let result = opened.payload.withUnsafeBytes { payload in
        Result { () throws(WireError) in try Self.parse(payload) }
      }
      (self, bodyLength, cipher) = try result.get()
    } catch { throw .unreadable }
    guard Identity.noisePublicKey(of: sender) == opened.sender else { throw .forged }
    guard let cipher, bodyLength <= UInt64(Self.bodyLimit) else { throw .unreadable }
    body = try Self.openChunks(.init(rebasing: bytes[(3 + length)...]), Int(bodyLength), with: cipher)
  }

  private static func parse(
    _ payload: UnsafeRawBufferPointer
  ) throws(WireError) -> (Envelope, bodyLength: UInt64, AEADKey?) {
    var reader = ByteReader(payload)
    let kind = Kind(rawValue: try reader.u8())
    let trafficClass = TrafficClass(rawValue: try reader.u8())
    let flags = try reader.u8()
    let sender = NodeID(bytes: try reader.bytes(32))
    let id = ID(try reader.u64()) << 64 | ID(try reader.u64())
    let issued = try reader.u64()
    let lifetime = try reader.u64()
    let bodyLength = try reader.u64()
    let secret = try reader.bytes(32)
    let cipher = try? AEADKey(.chaCha20Poly1305, key: secret)
    let key = flags & hasKey != 0 ? Array(try reader.bytes(keyLength)) : []
    let place = flags & hasPlace != 0 ? try SessionPlace(&reader) : nil
    let name = String(validating: reader.rest(), as: UTF8.self)
    guard let kind, let trafficClass, let sender, let name, name.utf8.count <= StreamPreamble.nameLimit else {
      throw .limit
    }
    let envelope = Envelope(
      kind: kind, sender: sender, id: id, issued: issued, lifetime: lifetime, trafficClass: trafficClass, key: key,
      name: name, body: [], place: place)
    return (envelope, bodyLength, cipher)
  }

  private static func openChunks(
    _ bytes: UnsafeRawBufferPointer, _ length: Int, with cipher: AEADKey
  ) throws(EnvelopeError) -> [UInt8] {
    let chunks = max(1, (length + chunk - 1) / chunk)
    guard bytes.count == length + chunks * AEADAlgorithm.tagLength else { throw .unreadable }
    var isIntact = true
    let body = [UInt8](unsafeUninitializedCapacity: length + AEADAlgorithm.tagLength) { output, count in
      var (from, to) = (0, 0)
      for number in 0..<chunks where isIntact {
        let size = min(chunk, length - to)
        guard let start = UnsafeMutableRawBufferPointer(output).baseAddress else { return }
        isIntact = cipher.open(
          lane: number == chunks - 1 ? 1 : 0, number: UInt64(number), associated: .init(start: nil, count: 0),
          ciphertext: UnsafeRawBufferPointer(rebasing: bytes[from..<(from + size + AEADAlgorithm.tagLength)]),
          into: start + to)
        from += size + AEADAlgorithm.tagLength
        to += size
      }
      count = isIntact ? length : 0
    }
    guard isIntact else { throw .unreadable }
    return body
  }
}
