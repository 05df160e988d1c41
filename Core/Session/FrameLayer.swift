// SPDX-License-Identifier: Apache-2.0

/// What the layer above put into a packet, so that it can be told whether the packet arrived.
///
/// Twenty-four bytes without references: a session keeps one for every frame in flight.
public struct FrameRecord: Sendable {
  /// Where in the stream the frame's bytes start.
  public var offset: UInt64
  /// The stream, as the layer above numbers its slots.
  public var slot: UInt32
  /// Tells a re-used slot from the one the frame was sent for.
  public var generation: UInt32
  /// Bytes of the stream in the frame.
  public var length: UInt32
  /// What kind of frame; the layer above gives the meaning.
  public var kind: UInt8
  /// Bits of the layer above, such as "carries the end of the stream".
  public var flags: UInt8

  /// A record; see the members.
  @inlinable public init(
    offset: UInt64, slot: UInt32, generation: UInt32, length: UInt32, kind: UInt8, flags: UInt8 = 0
  ) {
    self.offset = offset
    self.slot = slot
    self.generation = generation
    self.length = length
    self.kind = kind
    self.flags = flags
  }
}

/// Where `FrameLayer.fill` notes what it wrote.
public struct FrameRecordList: ~Copyable {
  @usableFromInline let base: UnsafeMutablePointer<FrameRecord>
  /// How many records have been noted.
  public private(set) var count = 0
  /// How many fit; a packet ends when they are used up.
  public static let capacity = 64

  init() { base = .allocate(capacity: Self.capacity) }
  deinit { base.deallocate() }

  /// True when no further frame can be noted.
  public var isFull: Bool { count == Self.capacity }

  /// Notes a frame. The caller has asked `isFull` before.
  public mutating func append(_ record: FrameRecord) {
    precondition(count < Self.capacity, "FrameLayer wrote more frames than a packet can note")
    base[count] = record
    count += 1
  }

  mutating func removeAll() { count = 0 }
  subscript(index: Int) -> FrameRecord { base[index] }
}

/// What stands above a session: it cuts streams into frames and puts them together again.
///
/// Called on the session's thread, once per packet or frame, never re-entrantly.
public protocol FrameLayer: AnyObject {
  /// The classes that have something to send now.
  var pendingClasses: ClassSet { get }

  /// Which of these classes is served next; nil when none of them has anything to send.
  func nextClass(among classes: ClassSet) -> TrafficClass?

  /// Writes frames of `trafficClass` into `space`, notes each in `records`, and returns how many bytes it wrote.
  /// Zero means that nothing of the class fits or waits.
  func fill(
    _ space: UnsafeMutableRawBufferPointer, of trafficClass: TrafficClass, records: inout FrameRecordList, now: UInt64
  ) -> Int

  /// Takes one frame that starts with its type byte, and returns its length in bytes.
  /// - Throws: `SessionError.protocolViolation` when the peer broke a rule: the session ends.
  func receive(_ frame: UnsafeRawBufferPointer, now: UInt64) throws(SessionError) -> Int

  /// Whether bytes of an urgent class have come since this was asked last.
  func takeUrgency() -> Bool

  /// The packet that carried this frame was acknowledged.
  func acknowledged(_ record: FrameRecord, now: UInt64)

  /// The packet that carried this frame is lost, or its link is: what it carried must be sent again.
  func lost(_ record: FrameRecord, now: UInt64)

  /// The peer has begun anew, or is met for the first time: everything unconfirmed starts over.
  func restart(parameters: PeerParameters, now: UInt64)

  /// True when nothing would be lost if the session were forgotten.
  var isIdle: Bool { get }

  /// The next time `advance` has something to do, or `UInt64.max`.
  var nextDeadline: UInt64 { get }
  func advance(now: UInt64)
}

extension FrameLayer {
  /// A layer that does not tell.
  public func takeUrgency() -> Bool { false }
}
