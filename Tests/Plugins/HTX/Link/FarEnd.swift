// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXSite
import HTXTCP
import HTXTickets
import TransportBytes
import TransportTLS

/// A site on this machine with a link's other end behind it.
protocol FarEnd: AnyObject {
  /// Whom lanes are told to.
  var reader: LaneReader { get }
  /// For the plugin to dial.
  var address: String { get }
  /// Moves what there is to move, without waiting.
  func step() throws
  /// Takes what was kept back on a lane.
  func release(_ lane: Int)
}

func pinText(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef")
  return "sha256:" + String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}

func nanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Over HTTP/3.
final class QUICFarEnd: FarEnd {
  let reader: LaneReader
  let address: String
  private let socket: UDPSocket
  private let endpoint: Endpoint
  private let box = Box()

  private final class Box { var server: LaneServer? }

  init(holding lane: Int) throws {
    let reader = LaneReader(holding: lane)
    let socket = try UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0))
    let credentials = try Credentials(.selfMade(name: "server"), protocols: [HTTP3Connection.applicationProtocol])
    let site = try Site(folder: nil, started: 1000)
    var options = EndpointOptions()
    options.streamWindow = UInt64(LaneServer.visitorWindow)
    let box = box
    guard
      let endpoint = Endpoint(
        credentials, options, sink: socket,
        acceptor: { _ in
          let made = LaneServer(site, reader, clock: { 784_111_777 })
          box.server = made
          return made.makeConnection(requestStreams: 128)
        }), let pin = credentials.pin
    else { throw POSIXFailure() }
    self.reader = reader
    self.socket = socket
    self.endpoint = endpoint
    address = "htx://127.0.0.1:\(socket.address.port)/#ticket=\(reader.key.publicKey.text)&pin=\(pinText(pin.bytes))"
  }

  func step() {
    let now = nanoseconds()
    _ = socket.receive(into: endpoint, now: now)
    if socket.isFull { endpoint.writable() }
    endpoint.poll(now: now)
    if reader.isWaiting {
      reader.settled()
      box.server?.settle(admitted: true)
    }
  }

  func release(_ lane: Int) { box.server?.consume(lane, reader.release()) }
}

/// Over HTTP/2.
final class TCPFarEnd: FarEnd {
  let reader: LaneReader
  let address: String
  private let listener: Int32
  private var descriptor: Int32 = -1
  private let session: TLSSession
  private let server: ServerConnection
  private var isReady = false

  init(holding lane: Int) throws {
    let reader = LaneReader(holding: lane)
    let credentials = try TLSCredentials(selfMade: "server")
    session = try TLSSession(serverWith: credentials, protocols: ["h2"])
    guard let server = ServerConnection(try Site(folder: nil, started: 1000), reader, clock: { 784_111_777 }),
      let pin = credentials.pin
    else { throw POSIXFailure() }
    let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) | listen(listener, 4) | getsockname(listener, $0, &length)
      }
    }
    guard status == 0 else { throw POSIXFailure() }
    self.listener = listener
    self.reader = reader
    self.server = server
    let port = UInt16(bigEndian: name.sin_port)
    address = "htx+tcp://127.0.0.1:\(port)/#ticket=\(reader.key.publicKey.text)&pin=\(pin.text)"
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    close(listener)
  }

  func step() throws {
    if descriptor < 0 {
      descriptor = accept(listener, nil, nil)
      if descriptor >= 0 { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
    }
    guard descriptor >= 0 else { return }
    let count = read(descriptor, session.input.reserve(65_536), 65_536)
    if count > 0 { session.input.commit(count) }
    if !isReady { isReady = try session.handshake() }
    if isReady { try serve() }
    while !session.output.isEmpty {
      let sent = send(descriptor, session.output.bytes, session.output.count, Int32(MSG_NOSIGNAL))
      guard sent > 0 else { break }
      session.output.consume(sent)
    }
  }

  private func serve() throws {
    var scratch = [UInt8](repeating: 0, count: 65_536)
    while let count = try session.receive(&scratch, count: scratch.count), count > 0 {
      guard scratch.withUnsafeBytes({ server.receive(UnsafeRawBufferPointer(rebasing: $0[..<count])) }) else {
        throw POSIXFailure()
      }
    }
    if reader.isWaiting {
      reader.settled()
      server.settle(admitted: true)
    }
    while let bytes = server.send(), let base = bytes.baseAddress { try session.send(base, count: bytes.count) }
  }

  func release(_ lane: Int) { server.consume(lane, reader.release()) }
}

/// Something of the system did not work; which, the test's line tells.
struct POSIXFailure: Error {}
