// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTCP
import TransportDriver
import TransportTLS

extension Instance {
  /// Begins the visits whose time has come. Nobody hears how they end.
  func startVisits(_ now: UInt64) {
    while let visit = visits.take(now: now) {
      figures.pageVisits &+= 1
      startVisit(
        visit.address, port: visit.isSite ? nil : alternatives.port(of: visit.address.authority, now: now), now)
    }
  }

  /// Begins one, over QUIC to `port` where there is one, with TCP beside it as for a link.
  func startVisit(_ address: HTXAddress, port: UInt16?, for purpose: VisitPurpose = .cover, _ now: UInt64) {
    let connection = makeConnection(isServer: false, phase: .resolving)
    connection.address = address
    connection.isVisit = true
    connection.purpose = purpose
    connection.alternativePort = port
    connection.dial = Dial()
    setDeadline(connection, now &+ settings.handshakeTimeout)
    if credentials.lackAuthorities(for: address, settings.withoutPin) {
      _ = readAuthorities(for: connection)
    } else if let literal = address.literal {
      connection.dial?.candidates = [literal]
      beginDial(connection)
    } else {
      resolve(connection, address)
    }
  }

  /// TLS stands: the page is asked for. A site without HTTP/2 has seen a handshake, and that is all.
  func beginPage(_ connection: Connection) {
    guard connection.tls?.applicationProtocol == "h2", let address = connection.address,
      let page = PageFetch(authority: address.authority, path: address.path)
    else { return end(connection, Self.closed) }
    connection.page = page
    if !connection.isCalibration { stay(connection) }
  }

  /// Bytes of a page have come over TCP.
  func receivePage(_ connection: Connection, _ page: PageFetch, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let isGood = page.receive(bytes)
    guard page.hasHead, !connection.hasPageHead else { return isGood }
    connection.hasPageHead = true
    learnAlternative(page.alternative, connection)
    if connection.isCalibration, page.settings != nil {
      calibrationEnded(connection, Self.closed)
      stay(connection)
    }
    return isGood
  }

  private func learnAlternative(_ value: String?, _ connection: Connection) {
    guard let value, let address = connection.address else { return }
    alternatives.learn(value, from: address.authority, now: host.now())
  }

  /// A page can be asked for over QUIC. Called while the endpoint is on the stack.
  func reached(_ connection: Connection, _ page: PageClient) {
    guard let address = connection.address, settle(connection, on: page) else { return }
    connection.pageClient = page
    withoutQUIC.isAnswered(address.authority)
    figures.pageVisitsOverQUIC &+= 1
    stay(connection)
    guard !page.begin() else { return }
    connection.ending = Self.closed
    touch(connection)
  }

  /// The site is not there over QUIC, so TCP begins at once. Called while the endpoint is on the stack.
  func missed(_ connection: Connection, _ page: PageClient, _ reason: CloseReason) {
    guard let attempt = connection.quicDial?.take(page) else { return }
    attempt.port.users -= 1
    if let address = connection.address { alternatives.forget(address.authority) }
    connection.dial?.lastFailure = Failure(reason, pin: connection.address?.pin)
    if connection.quicDial?.nextAttempt != MESH_DEADLINE_NONE { connection.quicDial?.nextAttempt = 0 }
    if connection.quicDial?.tcpStart != MESH_DEADLINE_NONE { connection.quicDial?.tcpStart = 0 }
    guard hasNoAddressLeft(connection) else { return }
    connection.ending = connection.dial?.lastFailure
    touch(connection)
  }

  /// The head of an answer has come over QUIC. Called while the endpoint is on the stack.
  func progressed(_ connection: Connection, _ page: PageClient) {
    guard !connection.hasPageHead else { return }
    connection.hasPageHead = true
    learnAlternative(page.alternative, connection)
    if connection.isCalibration, connection.http3?.remoteSettings != nil { calibrationEnded(connection, Self.closed) }
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
  var site: HTXAddress? { site(pin: pin) }

  /// The same of a site with that key.
  func site(pin: String?) -> HTXAddress? {
    HTXAddress(origin: "https://\(authority)\(path)\(pin.map { "#pin=\($0)" } ?? "")")
  }
}
