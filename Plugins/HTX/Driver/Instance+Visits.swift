// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXTCP
import TransportDriver
import TransportTLS

extension Instance {
  /// Begins the visits whose time has come. Nobody hears how they end.
  func startVisits(_ now: UInt64) {
    while let address = visits.take(now: now) {
      figures.pageVisits &+= 1
      startVisit(address, now)
    }
  }

  /// Begins one.
  @discardableResult
  func startVisit(_ address: HTXAddress, _ now: UInt64) -> Connection {
    let connection = makeConnection(isServer: false, phase: .resolving)
    connection.address = address
    connection.isVisit = true
    connection.dial = Dial()
    setDeadline(connection, now &+ settings.handshakeTimeout)
    if credentials.lackAuthorities(for: address, settings.withoutPin) {
      _ = readAuthorities(for: connection)
    } else if let literal = SocketAddress(literal: address.host, port: address.port) {
      connection.dial?.candidates = [literal]
      beginDial(connection)
    } else {
      resolve(connection, address)
    }
    return connection
  }

  /// TLS stands: the page is asked for. A site without HTTP/2 has seen a handshake, and that is all.
  func beginPage(_ connection: Connection) {
    guard connection.tls?.applicationProtocol == "h2", let address = connection.address,
      let page = PageFetch(authority: address.authority, path: address.path)
    else { return end(connection, Self.closed) }
    connection.page = page
    if !connection.isCalibration { stay(connection) }
  }

  /// Bytes of a page have come.
  func receivePage(_ connection: Connection, _ page: PageFetch, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let isGood = page.receive(bytes)
    if connection.isCalibration, page.settings != nil {
      connection.isCalibration = false
      calibrated(connection, Self.closed)
      stay(connection)
    }
    return isGood
  }

  /// A visit ends some time after it began.
  private func stay(_ connection: Connection) {
    setDeadline(connection, host.now() &+ settings.cover.visitHold.draw(using: &random))
  }
}

extension HTXAddress {
  /// An origin whose page can be read, `https://host/path`, with `#pin=sha256:…` where no authority vouches for it.
  init?(origin text: String) {
    guard text.hasPrefix("https://"), let address = HTXAddress("htx+tcp\(text.dropFirst(5))"), address.ticket == nil
    else {
      return nil
    }
    self = address
  }

  /// The page of the site that the address leads to.
  var site: HTXAddress? { HTXAddress(origin: "https://\(authority)\(path)\(pin.map { "#pin=\($0)" } ?? "")") }
}
