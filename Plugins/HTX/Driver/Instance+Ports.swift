// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import CQUIC
import Glibc
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXSite
import HTXTCP
import HTXTickets
import MeshCrypto
import TransportDriver

extension Instance {
  /// Streams that a visitor may have open at once, as with nginx.
  private static let requestStreams: UInt32 = 128
  /// Bytes of all streams of a visitor that may arrive before they are taken.
  private static let visitorWindow: UInt64 = 8 << 20
  /// Bytes that a port reads in one turn, and that it sends: some 50 µs of work, for what is interactive waits behind all
  /// of that at this end and at the other.
  private static let portBytes = 128_000
  /// Connections that are over, whose last packets may still come: little of each is left.
  private static let lingering = 4096
  /// Bytes in one turn that are acknowledged at once.
  private static let muchBytes: UInt64 = 16_384
  /// Nanoseconds that a port to dial from stays open without a connection.
  private static let idlePortTime: UInt64 = 10_000_000_000
  /// Nanoseconds between two tries to take over the address of a listener that is being replaced.
  static let rebindPause: UInt64 = 100_000_000

  /// Opens the UDP side of a listener.
  ///
  /// - Parameter joins: the load that is being replaced may still have the address, for its links.
  func openPort(of listener: Listener, at address: SocketAddress, _ site: Site, joins: Bool) throws(Failure) {
    guard let local = NetworkAddress(address) else {
      throw Failure(MESH_E_ADDRESS, MESH_CLASS_CONFIG, "no address for UDP")
    }
    if let port = ports.values.first(where: { $0.listener == 0 && $0.site != nil && $0.socket.address == local }) {
      port.listener = listener.id
      port.site?.alternative = site.alternative
      return
    }
    var options = EndpointOptions()
    options.connectionWindow = Self.visitorWindow
    options.streamWindow = UInt64(LaneServer.visitorWindow)
    options.idleTimeout = settings.visitor.idle
    options.handshakeTimeout = settings.handshakeTimeout
    options.bidirectionalStreams = Self.requestStreams
    options.connectionLimit = settings.maximumLinks + 3 * settings.maximumVisitors + Self.lingering
    options.handshakeLimit = 2 * settings.maximumVisitors
    // Addresses that nobody has proved are too few to fill a network's share.
    options.retryThreshold = max(1, min(settings.maximumVisitors, settings.maximumOfNetwork) / 2)
    options.handshakesPerPoll = Self.turnHandshakes
    options.parameters = calibrated.http3?.parameters
    let used = try credentials.quicServer()
    let slot = nextPortSlot
    let secret = credentials.resetSecret(address)
    _ = try open(local, used, options, site, listener: listener.id, joins: joins, secret: secret) {
      [unowned self] remote in
      visitor(slot, remote)
    }
  }

  /// The port that links of a family are dialled from.
  func dialPort(_ family: Int32) throws(Failure) -> Port {
    if let port = ports.values.first(where: { $0.site == nil && $0.socket.address.isV6 == (family == AF_INET6) }) {
      return port
    }
    let zeros = [UInt8](repeating: 0, count: 16)
    guard
      let local = family == AF_INET6 ? NetworkAddress(v6: zeros, port: 0) : NetworkAddress(v4: (0, 0, 0, 0), port: 0)
    else { throw Failure(MESH_E_INTERNAL, MESH_CLASS_BUG, "no address to dial from") }
    var options = EndpointOptions()
    options.idleTimeout = settings.visitor.idle
    options.handshakeTimeout = settings.handshakeTimeout
    options.connectionLimit = 4 * settings.maximumLinks
    // No lane that is not read takes the windows of others.
    options.connectionWindow = UInt64(LaneNumbers.count) * options.streamWindow + Self.visitorWindow
    let used = try credentials.quicClient(isPinned: true, settings)
    return try open(local, used, options, nil, listener: 0, nil)
  }

  private func open(
    _ local: NetworkAddress, _ used: HTXQUIC.Credentials, _ options: EndpointOptions, _ site: Site?, listener: UInt64,
    joins: Bool = false, secret: SecretBytes? = nil, _ acceptor: Endpoint.Acceptor?
  ) throws(Failure) -> Port {
    let socket: UDPSocket
    do throws(UDPSocket.Failure) {
      socket = try UDPSocket(bound: local, tag: acceptor == nil ? nil : ConnectionTag(), joins: joins)
    } catch { throw Failure(errno: error.code, "bind to UDP \(SocketAddress(local).text)") }
    var options = options
    options.tag = socket.tag
    let make = { (secret: UnsafeRawBufferPointer?) in
      Endpoint(used, options, sink: socket, secret: secret, memory: self.memory, acceptor: acceptor)
    }
    // Beside another load of the plugin: none of its links is to believe what this one does not know.
    let known = socket.tag == nil ? secret : nil
    guard let endpoint = known.map({ $0.withBytes { make($0) } }) ?? make(nil) else {
      throw Failure(MESH_E_INTERNAL, MESH_CLASS_RESOURCE, "no random bytes for QUIC")
    }
    let port = Port(slot: nextPortSlot, socket: socket, endpoint: endpoint, site: site, listener: listener)
    port.mask = MESH_WATCH_READ
    guard host.watch(socket.descriptor, port.mask, port.token) else {
      throw Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "the host cannot watch the descriptor")
    }
    nextPortSlot &+= 1
    ports[port.slot] = port
    return port
  }

  /// Somebody has sent the first packet of a QUIC connection; nil turns him away.
  private func visitor(_ slot: UInt32, _ remote: NetworkAddress) -> ConnectionHandler? {
    guard let port = ports[slot], let site = port.site else { return nil }
    guard port.listener != 0, !isStopping else {
      figures.visitorsRefused &+= 1
      return nil
    }
    figures.visitors &+= 1
    let connection = makeConnection(isServer: true, phase: .visiting)
    connection.listener = port.listener
    connection.remote = SocketAddress(remote)
    displace(callers.admit(connection.slot, from: NetworkPrefix(address: connection.remote.octets)))
    let said = calibrated.http3
    let window = said.map { Int($0.parameters.remoteStreamWindow) } ?? LaneServer.visitorWindow
    let server = LaneServer(
      site, connection, budget: lent, streamWindow: window, clock: Self.wallClock)
    let streams = said.map { UInt32($0.parameters.bidirectionalStreams) } ?? Self.requestStreams
    let http3 = server.makeConnection(requestStreams: streams, settings: said?.settings)
    connection.laneServer = server
    use(port, http3, connection)
    return http3
  }

  /// A visitor's address is proved: he is one as over TCP. Called while the endpoint is on the stack.
  func arrived(_ connection: Connection) {
    callers.leave(connection.slot)
    displace(visitors.admit(connection.slot, from: NetworkPrefix(address: connection.remote.octets)))
    connection.timer = VisitorTimer(settings.visitor, now: host.now())
    touch(connection)
  }

  /// Somebody has to go for somebody else.
  func displace(_ slot: UInt32?) {
    guard let slot, let other = slots[Int(slot)], other.phase != .gone else { return }
    figures.visitorsDisplaced &+= 1
    if other.ending == nil { other.ending = Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "too many visitors") }
    touch(other)
  }

  func use(_ port: Port, _ http3: HTTP3Connection, _ connection: Connection) {
    port.users += 1
    connection.port = port
    connection.http3 = http3
  }

  /// The socket of a port has packets, or room for some.
  func portReady(_ slot: UInt32, _ mask: UInt32) {
    guard let port = ports[slot] else { return }
    if mask & MESH_WATCH_WRITE != 0 { port.endpoint.writable() }
    if mask & ~MESH_WATCH_WRITE != 0 { receive(port) }
    adjustMask(port)
  }

  /// Reads what has come; what there is more of comes with the next turn. Little of it is acknowledged in the next turn,
  /// together with what the host may have to answer, or to say on a link that has just come up, or with the answers that a
  /// ticket opens whose record is on disk by then. Much of it at once: while the host works, more is on its way.
  private func receive(_ port: Port) {
    let now = clock()
    let (packets, links, bytes) = (figures.framesIn, opened, port.endpoint.figures.bytesReceived)
    let tickets = gate.figures.admitted
    _ = port.socket.receive(into: port.endpoint, bytes: Self.portBytes, now: now)
    let isMuch = port.endpoint.figures.bytesReceived - bytes > Self.muchBytes
    if isMuch || (figures.framesIn == packets && opened == links && gate.figures.admitted == tickets) {
      poll(port, now)
    }
  }

  /// Sends what is due.
  func pollPorts() {
    let now = host.now()
    for port in portList {
      port._withUnsafeGuaranteedRef {
        guard $0.endpoint.nextDeadline <= now else { return }
        poll($0, clock())
        adjustMask($0)
      }
    }
  }

  /// The time that QUIC is told. The host's stands still during a turn: what is sent and acknowledged in one would have
  /// come back in no time, and ngtcp2 keeps the shortest time for ever.
  func clock() -> UInt64 { turnClock.read(turn: host.now()) }

  /// Sends within the share of this turn, which the host's clock tells apart from others.
  private func poll(_ port: Port, _ now: UInt64) {
    if port.turn != turnClock.turn {
      port.turn = turnClock.turn
      port.share = Self.portBytes
    }
    guard port.share > 0 else { return }
    let sent = port.endpoint.figures.bytesSent
    port.endpoint.poll(now: now, bytes: UInt64(port.share))
    port.share -= Int(port.endpoint.figures.bytesSent - sent)
  }

  private func adjustMask(_ port: Port) {
    noteFailure(of: port)
    // A packet that nobody keeps may have found the socket full: there is nothing to write then.
    let mask = MESH_WATCH_READ | (port.socket.isFull && port.endpoint.holdsPackets ? MESH_WATCH_WRITE : 0)
    guard mask != port.mask else { return }
    port.mask = mask
    _ = host.watch(port.socket.descriptor, mask, port.token)
  }

  /// A socket that fails is told once for each error.
  private func noteFailure(of port: Port) {
    let error = port.socket.lastFailure
    guard error != port.toldFailure else { return }
    port.toldFailure = error
    let text = String(cString: strerror(error))
    host.log(MESH_LOG_WARNING, "UDP at \(SocketAddress(port.socket.address).text): \(text); packets were lost")
  }

  /// Ends a connection's side of HTTP/3 at once; what it lent is its own again.
  func leavePort(_ connection: Connection, isOrderly: Bool) {
    dropAttempts(connection)
    connection.laneServer?.leave()
    connection.laneClient?.leave()
    connection.pageClient?.leave()
    guard let port = connection.port else { return }
    // Visitors hear of no error, whatever they did.
    let isVisitor = connection.isServer && !connection.wasUp
    let error = isOrderly || isVisitor ? HTTP3Connection.noError : HTTP3Connection.internalError
    if let quic = connection.http3?.connection { port.endpoint.end(quic, error: error, now: clock()) }
    adjustMask(port)
    port.users -= 1
    connection.port = nil
    connection.http3 = nil
  }

  /// Closes ports that nobody needs. Not to be called while one of them is on the stack. Where somebody was dialled from,
  /// somebody else often is soon, and a socket costs as much as its first packets.
  func closeIdlePorts() {
    for port in portList {
      port._withUnsafeGuaranteedRef { if $0.isIdle { closeIdle($0) } else { $0.closesAt = .max } }
    }
  }

  private func closeIdle(_ port: Port) {
    if port.site == nil, !isStopping {
      let now = host.now()
      if port.closesAt == .max { port.closesAt = now &+ Self.idlePortTime }
      guard port.closesAt <= now else { return }
    }
    port.endpoint.sayGoodbyes(now: clock())
    host.unwatch(port.socket.descriptor)
    ports[port.slot] = nil
  }
}
