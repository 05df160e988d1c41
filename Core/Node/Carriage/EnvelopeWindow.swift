// SPDX-License-Identifier: Apache-2.0

import MeshWire

/// Which messages of which peers were taken here, and which of ours a peer has confirmed, until they can no longer
/// come again. Kept on disk by whoever owns it: what `insert` returns is to be appended to the journal.
public struct EnvelopeWindow: Sendable {
  /// What is remembered of a message.
  public enum Kind: UInt8, Sendable {
    /// A message of the peer, taken by an application here.
    case taken = 1
    /// A message to the peer, which it has confirmed.
    case confirmed = 2
    /// How far a stream of the peer was read; its id is the stream's name and the offset.
    case read = 3
    /// A record of a session whose copy was taken; its id is the stream's name and the offset.
    case skipped = 4
  }

  /// A message of one peer or to it.
  public struct Entry: Hashable, Sendable {
    /// See `Kind`.
    public var kind: Kind
    /// The other node.
    public var peer: NodeID
    /// The message.
    public var id: Envelope.ID

    /// An entry.
    public init(kind: Kind, peer: NodeID, id: Envelope.ID) {
      self.kind = kind
      self.peer = peer
      self.id = id
    }
  }

  /// Milliseconds that an entry outlives its message: a day.
  public static let grace: UInt64 = 86_400_000
  /// Bytes of an entry in the journal: kind ‖ peer ‖ id ‖ until ‖ checksum of what is before it.
  public static let recordLength = 1 + 32 + 16 + 8 + 4
  /// Most entries of one peer and kind.
  public static let peerLimit = 16_384
  /// Most entries.
  public static let limit = 262_144
  /// Most streams of which it is remembered how far they were read.
  public static let readingLimit = 65_536

  private var until: [Entry: UInt64] = [:]
  private var counts: [NodeID: Int] = [:]
  private var readings: [Reading: (released: UInt64, until: UInt64)] = [:]
  private var readingCounts: [NodeID: Int] = [:]

  private struct Reading: Hashable {
    var peer: NodeID
    var stream: UInt64
  }

  /// An empty window.
  public init() {}

  /// How many entries it has.
  public var count: Int { until.count }

  /// Whether a message is remembered.
  public func contains(_ entry: Entry) -> Bool { until[entry] != nil }

  /// Whether anything is remembered of a peer.
  public func remembers(_ peer: NodeID) -> Bool { counts[peer] != nil }

  /// Whether `count` more of this peer can be remembered. Names cost nothing: strangers leave half to known peers.
  public func hasRoom(for peer: NodeID, _ count: Int = 1, isKnown: Bool = true) -> Bool {
    counts[peer, default: 0] + count <= Self.peerLimit
      && until.count + count <= (isKnown ? Self.limit : Self.limit / 2)
  }

  /// Remembers a message until `deadline` and a day, Unix milliseconds, and returns its record for the journal.
  public mutating func insert(_ entry: Entry, deadline: UInt64) -> [UInt8] {
    let time = deadline > .max - Self.grace ? .max : deadline + Self.grace
    if until.updateValue(time, forKey: entry) == nil { counts[entry.peer, default: 0] += 1 }
    return Self.record(entry, time)
  }

  /// Up to where a stream of a conversation that is over was read.
  public func reading(of peer: NodeID, _ stream: UInt64) -> UInt64? {
    readings[Reading(peer: peer, stream: stream)]?.released
  }

  /// Remembers it until then, Unix milliseconds, and returns its record for the journal. The oldest make room, of the same
  /// peer first, so that one that begins ever new conversations costs no other its memory.
  public mutating func note(reading stream: UInt64, of peer: NodeID, upTo released: UInt64, until: UInt64) -> [UInt8] {
    let key = Reading(peer: peer, stream: stream)
    if readings[key] == nil {
      makeRoom(for: peer)
      readingCounts[peer, default: 0] += 1
    }
    readings[key] = (released, until)
    return Self.record(Self.entry(peer, stream, released), until)
  }

  private mutating func makeRoom(for peer: NodeID) {
    let isOfPeer = readingCounts[peer, default: 0] >= Self.peerLimit
    guard isOfPeer || readings.count >= Self.readingLimit else { return }
    let all = readings.filter { !isOfPeer || $0.key.peer == peer }.sorted { $0.value.until < $1.value.until }
    // A quarter at once: the next ones find room without a search.
    for (key, _) in all.prefix(max(all.count / 4, 1)) {
      readings[key] = nil
      let left = readingCounts[key.peer, default: 1] - 1
      readingCounts[key.peer] = left > 0 ? left : nil
    }
  }

  private static func entry(_ peer: NodeID, _ stream: UInt64, _ released: UInt64) -> Entry {
    Entry(kind: .read, peer: peer, id: Envelope.ID(stream) << 64 | Envelope.ID(released))
  }

  /// Forgets what can no longer come.
  public mutating func expire(now: UInt64) {
    let before = readings.count
    readings = readings.filter { $0.value.until > now }
    if readings.count < before { readingCounts = readings.keys.reduce(into: [:]) { $0[$1.peer, default: 0] += 1 } }
    for (entry, time) in until where time <= now {
      until[entry] = nil
      let left = counts[entry.peer, default: 1] - 1
      counts[entry.peer] = left > 0 ? left : nil
    }
  }

  /// Bytes of `journal`.
  public var journalLength: Int { (until.count + readings.count) * Self.recordLength }

  /// The journal with what is remembered now and nothing else.
  public var journal: [UInt8] {
    var room: [UInt8] = []
    room.reserveCapacity(journalLength)
    let read = readings.reduce(into: room) {
      $0 += Self.record(Self.entry($1.key.peer, $1.key.stream, $1.value.released), $1.value.until)
    }
    return until.reduce(into: read) { $0 += Self.record($1.key, $1.value) }
  }

  /// Reads a journal; a torn or foreign record ends it.
  /// - Returns: how many bytes were read.
  public mutating func load(_ journal: UnsafeRawBufferPointer, now: UInt64) -> Int {
    var at = 0
    while journal.count - at >= Self.recordLength {
      let bytes = UnsafeRawBufferPointer(rebasing: journal[at..<(at + Self.recordLength)])
      guard let (entry, time) = Self.parse(bytes) else { break }
      at += Self.recordLength
      guard time > now else { continue }
      if entry.kind == .read {
        let stream = UInt64(truncatingIfNeeded: entry.id >> 64)
        _ = note(reading: stream, of: entry.peer, upTo: UInt64(truncatingIfNeeded: entry.id), until: time)
        continue
      }
      guard until.count < Self.limit else { continue }
      if until.updateValue(time, forKey: entry) == nil { counts[entry.peer, default: 0] += 1 }
    }
    return at
  }

  private static func record(_ entry: Entry, _ until: UInt64) -> [UInt8] {
    var writer = GrowingByteWriter(capacity: recordLength)
    writer.u8(entry.kind.rawValue)
    writer.bytes(entry.peer.bytes)
    writer.u64(UInt64(truncatingIfNeeded: entry.id >> 64))
    writer.u64(UInt64(truncatingIfNeeded: entry.id))
    writer.u64(until)
    writer.u32(checksum(writer.written))
    return writer.written
  }

  private static func parse(_ bytes: UnsafeRawBufferPointer) -> (Entry, UInt64)? {
    var reader = ByteReader(bytes)
    guard let kind = (try? reader.u8()).flatMap(Kind.init), let name = try? reader.bytes(32),
      let peer = NodeID(bytes: name), let high = try? reader.u64(), let low = try? reader.u64(),
      let time = try? reader.u64(), let sum = try? reader.u32(), sum == checksum(bytes.dropLast(4))
    else { return nil }
    return (Entry(kind: kind, peer: peer, id: Envelope.ID(high) << 64 | Envelope.ID(low)), time)
  }

  /// FNV-1a: finds torn records, nothing else.
  private static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }
}
