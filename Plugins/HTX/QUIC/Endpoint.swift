// SPDX-License-Identifier: Apache-2.0
import CQUIC
import Glibc

/// One UDP address with any number of QUIC connections, dialled and accepted. It opens no socket and reads no clock:
/// packets come in by `receive`, go out to a sink from `poll`, those of a handshake from `receive` too, and
/// `nextDeadline` says when `poll` is due. One thread.
public final class Endpoint {
  /// Chooses the handler of a client that has come; nil refuses it.
  public typealias Acceptor = (_ remote: NetworkAddress) -> ConnectionHandler?

  /// How connections that begin from now on behave.
  public var options: EndpointOptions
  /// What happened so far.
  public internal(set) var figures = EndpointFigures()

  let credentials: Credentials
  let sink: PacketSink
  let acceptor: Acceptor?
  let clients: PeerIdentity
  let memory: MemoryBudget?
  let secret: UnsafeMutablePointer<UInt8>
  /// Of tokens that prove an address. Their time is this process's clock: no other one may believe them.
  let retrySecret: UnsafeMutablePointer<UInt8>
  let callbacks: UnsafeMutablePointer<cquic_callbacks>
  let tag: UnsafeMutablePointer<cquic_tag>?
  /// Stands above connections that are over, and only keep their ids.
  let nobody = ConnectionHandler()

  var ids: [UInt64: Connection] = [:]
  var originals: [ConnectionID: Connection] = [:]
  var tokens: [ResetToken: Connection] = [:]
  var deadlines = DeadlineQueue()
  var ready = ReadyQueue()
  var connectionCount = 0
  var lingering = LingerQueue()
  var handshakeCount = 0
  var retries = RetryMemory()
  var answers = AnswerBudget()
  var initials = InitialQueue()
  var handshakesLeft = 1
  var latest: (id: UInt64, connection: Connection)?
  /// What connections leave that are over, with the credentials that it points at, and who has to tell the other end.
  var spent: [(raw: OpaquePointer, credentials: Credentials?, connection: Connection?)] = []
  /// Connections whose close packets are written and not sent.
  var goodbyes: [Connection] = []
  /// The sink did not take one of them.
  var isHeldUp = false

  static let bufferSize = 65_536
  static let trainLimit = 8
  let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: bufferSize)
  let trains = UnsafeMutablePointer<cquic_train>.allocate(capacity: trainLimit)
  /// Trains in `buffer` that the sink would not take.
  var waiting = 0..<0

  /// An endpoint that dials with `credentials`, and with an `acceptor` also listens. `clients` is who may come: with
  /// pins in it, every client must show a certificate. `secret` makes reset tokens; an endpoint that is to reset the
  /// connections of its earlier life needs the same 32 bytes, of which it makes a copy. `memory` bounds what is held for its connections, those
  /// that come until `Connection.trust` together.
  public init?(
    _ credentials: Credentials, _ options: EndpointOptions, sink: PacketSink, clients: PeerIdentity = .anyone,
    secret: UnsafeRawBufferPointer? = nil, memory: MemoryBudget? = nil, acceptor: Acceptor? = nil
  ) {
    let length = Int(CQUIC_SECRET_LENGTH)
    self.credentials = credentials
    self.options = options
    self.sink = sink
    self.acceptor = acceptor
    self.clients = clients
    self.memory = memory
    self.secret = .allocate(capacity: length)
    callbacks = .allocate(capacity: 1)
    callbacks.initialize(to: Connection.callbacks)
    tag = options.tag.map { made in
      let place = UnsafeMutablePointer<cquic_tag>.allocate(capacity: 1)
      place.initialize(to: made.raw)
      return place
    }
    self.secret.initialize(repeating: 0, count: length)
    retrySecret = .allocate(capacity: length)
    retrySecret.initialize(repeating: 0, count: length)
    guard cquic_random(retrySecret, length) == 0 else { return nil }
    if let secret {
      guard secret.count == length, let base = secret.baseAddress else { return nil }
      UnsafeMutableRawPointer(self.secret).copyMemory(from: base, byteCount: length)
    } else {
      guard cquic_random(self.secret, length) == 0 else { return nil }
    }
  }

  deinit {
    for item in spent { cquic_free(item.raw) }
    for connection in open {
      connection.phase = .over
      connection.countNoMore()
      cquic_free(connection.raw)
      connection.raw = nil
      connection.handler.ended(connection, .abandoned)
    }
    for secret in [secret, retrySecret] {
      explicit_bzero(secret, Int(CQUIC_SECRET_LENGTH))
      secret.deallocate()
    }
    callbacks.deallocate()
    tag?.deallocate()
    buffer.deallocate()
    trains.deallocate()
  }

  /// Begins a connection from `local`, an address of this endpoint, to a server; with `credentials` in place of those
  /// that the endpoint was made with. Nil when there are too many already.
  public func connect(
    to remote: NetworkAddress, from local: NetworkAddress, _ peer: PeerIdentity, _ handler: ConnectionHandler,
    credentials: Credentials? = nil, version: UInt32 = 0, now: UInt64
  ) -> Connection? {
    guard openCount < options.connectionLimit, peer.pins.count <= 16 else { return nil }
    let connection = Connection(endpoint: self, isServer: false, handler: handler)
    var raw = options.raw(secret: secret, tag: tag)
    raw.version = version
    var (source, target) = (local.raw, remote.raw)
    let used = credentials ?? self.credentials
    connection.credentials = used
    connection.raw = peer.withRaw { peer in
      cquic_connect(used.raw, &raw, peer, callbacks, connection.context, &source, &target, now)
    }
    guard connection.raw != nil else {
      forget(connection)
      return nil
    }
    connection.isFromAny = local.isAny
    connection.memory = memory
    connection.trust()
    connectionCount += 1
    handler.began(connection)
    enqueue(connection)
    return connection
  }

  /// When `poll` is due, in the clock of `now`; `UInt64.max` for never, 0 for at once.
  public var nextDeadline: UInt64 {
    guard waiting.isEmpty, !isHeldUp else { return deadlines.first }
    let isDone = ready.isEmpty && initials.isEmpty && goodbyes.isEmpty && spent.isEmpty
    return isDone ? deadlines.first : 0
  }

  /// Whether packets wait for the sink to take them.
  public var holdsPackets: Bool { !waiting.isEmpty || isHeldUp }

  /// Connections that are open or not forgotten yet.
  public var connections: Int { connectionCount }
  /// Those that are open.
  var openCount: Int { connectionCount - lingering.count }
  /// Handshakes that others began and that are not confirmed.
  public var handshakes: Int { handshakeCount }
  /// Ids in the tables.
  var idCount: Int { ids.count + originals.count + tokens.count }

  func enqueue(_ connection: Connection) {
    guard !connection.isQueued, connection.phase == .open else { return }
    connection.isQueued = true
    ready.append(connection)
  }

  func adopt(_ id: UInt64, _ connection: Connection) {
    ids[id] = connection
    connection.ids.append(id)
  }

  func disown(_ id: UInt64, _ connection: Connection) {
    if ids[id] === connection { ids[id] = nil }
    if latest?.id == id { latest = nil }
    connection.ids.removeAll { $0 == id }
  }

  func expect(_ token: ResetToken, _ connection: Connection) {
    tokens[token] = connection
    connection.tokens.append(token)
  }

  func expectNoMore(_ token: ResetToken, _ connection: Connection) {
    if tokens[token] === connection { tokens[token] = nil }
    connection.tokens.removeAll { $0 == token }
  }

  func handshakeEnded(_ connection: Connection) {
    if connection.isServer { handshakeCount -= 1 }
    figures.handshakes += 1
  }
}
