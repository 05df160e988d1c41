// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// One QUIC connection of an endpoint. Its methods are called on the endpoint's thread, and after its end do nothing.
public final class Connection {
  /// Where it stands (RFC 9000, 10.2).
  enum Phase {
    case open
    /// Told the other end of the close; the packet is repeated to whoever has not heard.
    case closing
    /// Heard of it from the other end.
    case draining
    case over
  }

  /// Whether this end listened.
  public let isServer: Bool
  /// What stands above it; not to be changed in one of its calls.
  public var handler: ConnectionHandler { didSet { uncounted = .passUnretained(handler) } }
  /// The same, for calls of each packet: counting a reference for each costs a twentieth of the time of a packet.
  private(set) var uncounted: Unmanaged<ConnectionHandler>
  /// Whether the handshake is confirmed on both sides.
  public internal(set) var isConnected = false
  /// The handshake is complete at this end.
  var isComplete = false

  var raw: OpaquePointer?
  /// What it dialled with; the C side points at them.
  var credentials: Credentials?
  unowned(unsafe) let endpoint: Endpoint
  var phase = Phase.open
  /// Over, but its ids are kept.
  var isLingering: Bool { phase == .closing || phase == .draining }
  var deadline = UInt64.max
  var heapIndex = -1
  var isQueued = false
  var isFailing = false
  /// It was dialled from a socket bound to every address: which of them the kernel chose is no change of path.
  var isFromAny = false
  var ids: [UInt64] = []
  var original: ConnectionID?
  var tokens: [ResetToken] = []
  var closePacket: [UInt8] = []
  var closeTrain = cquic_train()
  var packetsSinceClose = 0
  /// Where its memory is counted, while it has to be.
  var memory: MemoryBudget? { didSet { settleLeastMemory() } }
  /// It holds a ticket, or was dialled from here.
  private(set) var isTrusted = false
  /// Who holds no more than that, and of whom nothing is counted, is not looked at.
  private var leastMemory = UInt64.max
  /// What of it is counted there, and at which place.
  var countedMemory: UInt64 = 0
  var memoryIndex = 0

  init(endpoint: Endpoint, isServer: Bool, handler: ConnectionHandler) {
    self.endpoint = endpoint
    self.isServer = isServer
    self.handler = handler
    uncounted = .passUnretained(handler)
  }

  deinit {
    memory?.leave(self)
    cquic_free(raw)
  }

  /// Opens a stream; nil while the other end allows no more.
  public func openStream(isBidirectional: Bool = true) -> Int64? {
    guard phase == .open, let raw else { return nil }
    var stream: Int64 = -1
    return cquic_stream_open(raw, isBidirectional ? 1 : 0, &stream) == 0 ? stream : nil
  }

  /// How many more bidirectional streams may be opened now.
  public var streamsLeft: UInt64 { phase == .open && raw != nil ? cquic_streams_left(raw) : 0 }

  /// Says that there is something to pull. The next `Endpoint.poll` sends it.
  public func wake() {
    if phase == .open, !isQueued { endpoint.enqueue(self) }
  }

  /// Gives the other end credit for `count` bytes that were received and are done with.
  public func consumed(stream: Int64, count: Int) {
    guard phase == .open, let raw, count > 0 else { return }
    cquic_stream_consumed(raw, stream, UInt64(count))
    if !isQueued { endpoint.enqueue(self) }
  }

  /// Sends no more of a stream, what is on its way included.
  public func reset(stream: Int64, error: UInt64) {
    guard phase == .open, let raw else { return }
    cquic_stream_reset(raw, stream, error)
    endpoint.enqueue(self)
  }

  /// Wants no more of a stream.
  public func stop(stream: Int64, error: UInt64) {
    guard phase == .open, let raw else { return }
    cquic_stream_stop(raw, stream, error)
    endpoint.enqueue(self)
  }

  /// Both of these.
  public func abort(stream: Int64, error: UInt64) {
    guard phase == .open, let raw else { return }
    cquic_stream_abort(raw, stream, error)
    endpoint.enqueue(self)
  }

  /// Ends the connection with an error of the application protocol, 0 for none in most; at the next `Endpoint.poll`.
  public func fail(error: UInt64, _ sentence: StaticString = "") {
    guard phase == .open, let raw, !isFailing else { return }
    isFailing = true
    sentence.withUTF8Buffer { words in
      // A static string ends with a zero byte.
      words.withMemoryRebound(to: CChar.self) { cquic_fail(raw, error, $0.baseAddress) }
    }
    endpoint.enqueue(self)
  }

  /// Changes the keys of both directions (RFC 9001, 6); false until the last change was acknowledged.
  public func updateKeys(now: UInt64) -> Bool {
    guard phase == .open, let raw, cquic_update_key(raw, now) == 0 else { return false }
    endpoint.enqueue(self)
    return true
  }

  /// The other end is somebody: what is held for it has a limit of its own from now on (`MemoryBudget.mostTrusted`).
  public func trust() {
    memory?.leave(self)
    isTrusted = true
    settleLeastMemory()
  }

  private func settleLeastMemory() {
    leastMemory = memory.map { isTrusted ? $0.mostTrusted : $0.least } ?? .max
  }

  /// Nothing is counted any more.
  func countNoMore() {
    memory?.leave(self)
    memory = nil
  }

  /// Counts what ngtcp2 holds for it, and has whoever holds too much be failed.
  @inline(__always)
  func countMemory() {
    guard let raw, countedMemory > 0 || cquic_memory(raw) > leastMemory, let memory else { return }
    count(in: memory)
  }

  private func count(in memory: MemoryBudget) {
    guard phase == .open, let raw, let other = holdsTooMuch(cquic_memory(raw), memory) else { return }
    other.countNoMore()
    guard !other.isFailing else { return }
    other.endpoint.figures.overloads += 1
    other.handler.overloaded(other)
  }

  /// Who has to go for what this one holds.
  private func holdsTooMuch(_ held: UInt64, _ memory: MemoryBudget) -> Connection? {
    guard isTrusted else { return memory.count(self, held) }
    return held > memory.mostTrusted ? self : nil
  }

  /// Tests the way from another address of this end, and goes on from there when it works. For clients; false when the
  /// other end has given out no spare connection id, or this is a server.
  public func migrate(to local: NetworkAddress, now: UInt64) -> Bool {
    guard phase == .open, let raw, !isServer else { return false }
    var (old, remote) = (cquic_address(), cquic_address())
    cquic_path(raw, &old, &remote)
    var new = local.raw
    guard cquic_migrate(raw, &new, &remote, now) == 0 else { return false }
    isFromAny = local.isAny
    endpoint.enqueue(self)
    return true
  }

  /// `count` bytes that only the two ends of this TLS session can know (RFC 8446, 7.5); empty before the handshake.
  public func export(label: String, count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard let raw, isComplete, cquic_export(raw, label, &bytes, count) == 0 else { return [] }
    return bytes
  }

  /// The application protocol that was agreed upon.
  public var applicationProtocol: String {
    guard let raw else { return "" }
    var name = [CChar](repeating: 0, count: 256)
    let length = Int(cquic_protocol(raw, &name))
    return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Round trips, windows, sizes; all zero after the end.
  public var statistics: cquic_statistics {
    var statistics = cquic_statistics()
    if let raw { cquic_measure(raw, &statistics) }
    return statistics
  }

  /// The path in use: this end's address and the other's. Nil after the end.
  public var path: (local: NetworkAddress, remote: NetworkAddress)? {
    guard let raw else { return nil }
    var (local, remote) = (cquic_address(), cquic_address())
    cquic_path(raw, &local, &remote)
    return (NetworkAddress(local), NetworkAddress(remote))
  }

  var isOver: Bool { phase == .over }
}
