// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// What a node says about itself: how it can be reached and what it offers. Signed by the node, passed on by others.
public struct PeerRecord: Equatable, Sendable {
  /// The most addresses of one record.
  public static let addressLimit = 32
  /// The most bytes of one address or capability.
  public static let textLimit = 256
  /// The most capabilities of one record.
  public static let capabilityLimit = 32
  /// The most bytes of one signed record.
  public static let sizeLimit = 4096
  /// The context that the signature covers.
  public static let context = "mesh peer record"

  /// Whom it is about, and who signs.
  public var id: NodeID
  /// Of two records the one with the higher sequence is newer. See `nextSequence`.
  public var sequence: UInt64
  /// URIs, the preferred first.
  public var addresses: [String]
  /// When it was made: milliseconds since 1970.
  public var issued: UInt64
  /// Until when it is passed on: milliseconds since 1970.
  public var expires: UInt64
  /// Names of what the node offers.
  public var capabilities: [String]

  /// A record with these contents; `sign` checks the limits.
  public init(
    id: NodeID, sequence: UInt64, addresses: [String], issued: UInt64, expires: UInt64, capabilities: [String] = []
  ) {
    self.id = id
    self.sequence = sequence
    self.addresses = addresses
    self.issued = issued
    self.expires = expires
    self.capabilities = capabilities
  }

  /// The sequence to use after `previous`: one more, or the time in milliseconds since 1970 when that is higher. So it
  /// grows even when the clock went back or the former value was lost.
  public static func nextSequence(after previous: UInt64, now: UInt64) -> UInt64 {
    max(previous == .max ? .max : previous + 1, now)
  }

  /// Whether it may still be passed on at `now`, in milliseconds since 1970.
  public func isCurrent(at now: UInt64) -> Bool { now < expires }

  /// The record with the signature of `identity`, as `verify` reads it.
  public func sign(with identity: Identity) throws(PeerRecordError) -> [UInt8] {
    guard identity.id == id else { throw .wrongNode }
    try checkLimits()
    let body = encodeBody()
    let signature = identity.sign(context: Self.context, body)
    let signed = CBOR.array([.bytes(body), .bytes(signature)]).encode()
    guard signed.count <= Self.sizeLimit else { throw .limit }
    return signed
  }

  /// The record in `input`, if it has the right form and the signature of the node it is about. Whether it has expired
  /// or is older than another is for the caller to see.
  public static func verify(_ input: UnsafeRawBufferPointer) throws(PeerRecordError) -> PeerRecord {
    guard input.count <= sizeLimit else { throw .limit }
    let parts = try decode(input, CBORLimits(depth: 1, size: sizeLimit, items: 3)).arrayValue
    guard let parts, parts.count == 2, let body = parts[0].bytesValue, let signature = parts[1].bytesValue else {
      throw .malformed
    }
    let record = try body.withUnsafeBytesTyped { (bytes) throws(PeerRecordError) in try decodeBody(bytes) }
    try record.checkLimits()
    guard Identity.verify(id: record.id, context: context, body, signature: signature) else { throw .signature }
    return record
  }

  /// As the other `verify`, from an array.
  public static func verify(_ input: [UInt8]) throws(PeerRecordError) -> PeerRecord {
    try input.withUnsafeBytesTyped { (bytes) throws(PeerRecordError) in try verify(bytes) }
  }

  private func checkLimits() throws(PeerRecordError) {
    guard addresses.count <= Self.addressLimit, capabilities.count <= Self.capabilityLimit else { throw .limit }
    for text in addresses + capabilities where text.isEmpty || text.utf8.count > Self.textLimit { throw .limit }
    guard issued <= expires else { throw .malformed }
  }

  private func encodeBody() -> [UInt8] {
    CBOR.map([
      (.text("id"), .bytes(id.bytes)),
      (.text("sequence"), .uint(sequence)),
      (.text("addresses"), .array(addresses.map { .text($0) })),
      (.text("issued"), .uint(issued)),
      (.text("expires"), .uint(expires)),
      (.text("capabilities"), .array(capabilities.map { .text($0) })),
    ]).encode()
  }

  private static func decodeBody(_ input: UnsafeRawBufferPointer) throws(PeerRecordError) -> PeerRecord {
    let body = try decode(input, CBORLimits(depth: 2, size: sizeLimit, items: 128))
    guard let id = body["id"]?.bytesValue.flatMap({ NodeID(bytes: $0) }), let sequence = body["sequence"]?.uintValue,
      let addresses = body["addresses"]?.texts, let issued = body["issued"]?.uintValue,
      let expires = body["expires"]?.uintValue, let capabilities = body["capabilities"]?.texts
    else { throw .malformed }
    return PeerRecord(
      id: id, sequence: sequence, addresses: addresses, issued: issued, expires: expires, capabilities: capabilities)
  }

  private static func decode(_ input: UnsafeRawBufferPointer, _ limits: CBORLimits) throws(PeerRecordError) -> CBOR {
    do throws(CBORError) {
      return try CBOR.decode(input, limits: limits)
    } catch {
      throw .encoding(error)
    }
  }
}

extension CBOR {
  /// The elements of an array of texts; nil when one is something else.
  fileprivate var texts: [String]? {
    guard let elements = arrayValue else { return nil }
    let texts = elements.compactMap { $0.textValue }
    return texts.count == elements.count ? texts : nil
  }
}
