// SPDX-License-Identifier: Apache-2.0
import CMesh

/// Who waits for it; classes share a path fairly.
public enum TrafficClass: UInt32, Sendable {
  /// Worthless when late; give it a lifetime.
  case realtime = 1
  /// A person or a request waits.
  case interactive = 2
  /// What messages and streams have by default.
  case normal = 3
  /// Files.
  case bulk = 4
  /// What may take a night.
  case background = 5
}

/// How something is sent. The default is right for most.
public struct SendOptions: Sendable {
  /// How it is sent, and what is to be told.
  public struct Flags: OptionSet, Sendable {
    /// The bits of `mesh.h`.
    public var rawValue: UInt32
    /// Flags of bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// May be lost, is never repeated; at most 60,000 bytes.
    public static let unreliable = Flags(rawValue: MESH_SEND_UNRELIABLE)
    /// Need not wait for messages sent before it.
    public static let unordered = Flags(rawValue: MESH_SEND_UNORDERED)
    /// `Event.sent` is wanted.
    public static let tellSent = Flags(rawValue: MESH_SEND_TELL_SENT)
    /// `Event.settled` is wanted also when the message was delivered; when it was not, it comes unasked.
    public static let tellSettled = Flags(rawValue: MESH_SEND_TELL_SETTLED)
    /// `Event.stored` is wanted, should the message have to wait.
    public static let tellStored = Flags(rawValue: MESH_SEND_TELL_STORED)
    /// Requests: may be repeated until an answer comes.
    public static let idempotent = Flags(rawValue: MESH_SEND_IDEMPOTENT)
  }

  /// How it is sent, and what is to be told.
  public var flags: Flags = []
  /// nil = normal, for requests interactive.
  public var trafficClass: TrafficClass?
  /// Streams and requests: at most 4096 bytes beside the body.
  public var metadata: [UInt8] = []
  /// 16 bytes by which the receiver knows a repetition; nil = the library makes one.
  public var key: [UInt8]?
  /// Milliseconds. Messages: of no use after this, 0 = none. Requests: the deadline, 0 = 30 s.
  public var lifetime: UInt64 = 0
  /// A word of your own that comes back with events.
  public var token: UInt64 = 0

  /// The defaults, with these flags.
  public init(_ flags: Flags = []) { self.flags = flags }

  func withRaw<Result>(_ body: (UnsafePointer<mesh_send_options>) -> Result) throws(MeshError) -> Result {
    if let key, key.count != Int(MESH_KEY_SIZE) {
      throw MeshError(code: .invalid, sentence: "an idempotency key has 16 bytes, not \(key.count)")
    }
    var raw = mesh_send_options()
    mesh_send_options_default(&raw)
    raw.flags = flags.rawValue
    raw.tclass = trafficClass?.rawValue ?? 0
    raw.metadata_len = UInt32(clamping: metadata.count)
    raw.lifetime_ms = lifetime
    raw.token = token
    return metadata.withUnsafeBytes { metadata in
      raw.metadata = metadata.baseAddress
      return (key ?? []).withUnsafeBufferPointer { bytes in
        raw.key = key == nil ? nil : bytes.baseAddress
        return body(&raw)
      }
    }
  }
}
