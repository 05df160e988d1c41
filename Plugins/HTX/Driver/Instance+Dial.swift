// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import HTXTCP
import HTXTickets
import TransportDriver
import TransportTLS

extension Instance {
  /// Nanoseconds that QUIC has left once TCP was refused.
  private static let refusedGrace: UInt64 = 1_000_000_000

  /// Starts to dial.
  func connect(_ id: UInt64, _ address: HTXAddress, deadline: UInt64) -> Int32 {
    guard !isStopping else { return MESH_E_STATE }
    guard address.port != 0, address.ticket != nil else { return MESH_E_ADDRESS }
    guard (address.pin == nil) == (address.key == nil) else { return MESH_E_ADDRESS }
    guard links.count < settings.maximumLinks, links[id] == nil else { return MESH_E_LIMIT }
    let connection = makeConnection(isServer: false, phase: .resolving)
    connection.link = id
    connection.address = address
    links[id] = connection
    setDeadline(connection, min(deadline, host.now() &+ settings.handshakeTimeout))
    connection.dial = Dial()
    dials += 1
    ticketless.append(connection)
    visits.plan(beside: address, settings.cover, now: host.now(), using: &random)
    if credentials.lackAuthorities(for: address, settings) { return readAuthorities(for: connection) }
    if let literal = address.literal {
      connection.dial?.candidates = [literal]
      beginDial(connection)
    } else {
      resolve(connection, address)
    }
    return MESH_OK
  }

  /// Looks up the host's name, or takes its literal.
  func resolve(_ connection: Connection, _ address: HTXAddress) {
    let resolution = Resolution(name: address.host, port: address.port)
    guard !offloaded.begin(resolution, resolution.run, for: connection.token(), on: host) else { return }
    end(connection, Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "too many names are being resolved"))
  }

  /// The host's pool has done work.
  func offloadedEnded(_ number: UInt32) {
    guard let (work, owner) = offloaded.finish(number) else { return }
    switch work {
    case let authorities as TLSAuthorities: authoritiesRead(authorities)
    case let resolution as Resolution: resolved(resolution, for: owner)
    case is TicketBatch: ticketsMade()
    default: break
    }
  }

  /// A name was resolved, for a connection that may have gone since.
  private func resolved(_ resolution: Resolution, for owner: UInt64) {
    guard let token = Token(owner), let connection = connection(token), connection.phase == .resolving else { return }
    connection.dial?.candidates = Dial.interleave(resolution.addresses)
    if let failure = resolution.failure { connection.dial?.lastFailure = failure }
    beginDial(connection)
  }

  /// Tries the next address; the link fails when there is none and nothing is under way.
  func tryNextAddress(_ connection: Connection) {
    while let dial = connection.dial {
      guard dial.tried < dial.candidates.count else {
        connection.dial?.nextAttempt = MESH_DEADLINE_NONE
        guard !hasNoAddressLeft(connection) else { return end(connection, dial.lastFailure) }
        // Nobody listens on TCP, so hardly on UDP; but somebody in between may have said so.
        if dial.descriptors.allSatisfy({ $0 < 0 }), dial.lastFailure.code == MESH_E_REFUSED {
          setDeadline(connection, min(connection.deadline, host.now() &+ Self.refusedGrace))
        }
        return
      }
      connection.dial?.tried += 1
      do throws(Failure) {
        let descriptor = try Socket.connect(to: dial.candidates[dial.tried])
        let attempt = UInt8(dial.descriptors.count)
        connection.dial?.descriptors.append(descriptor)
        guard host.watch(descriptor, MESH_WATCH_WRITE, connection.token(.attempt, attempt: attempt)) else {
          throw Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "the host cannot watch the descriptor")
        }
        connection.dial?.nextAttempt = host.now() &+ Dial.attemptDelay
        return
      } catch {
        connection.dial?.lastFailure = error
      }
    }
  }

  /// The socket of an attempt has connected or failed.
  func attemptEnded(_ connection: Connection, _ attempt: Int) {
    guard connection.phase == .connecting, let dial = connection.dial, attempt < dial.descriptors.count else { return }
    let descriptor = dial.descriptors[attempt]
    guard descriptor >= 0 else { return }
    host.unwatch(descriptor)
    connection.dial?.descriptors[attempt] = -1
    let number = Socket.error(descriptor)
    guard number == 0 else {
      close(descriptor)
      connection.dial?.lastFailure = Failure(errno: number, "connect")
      return tryNextAddress(connection)
    }
    closeAttempts(connection)
    connection.dial = nil
    connection.descriptor = descriptor
    connection.remote = Socket.remoteAddress(descriptor)
    connection.phase = .tls
    setMask(connection, MESH_WATCH_READ)
    if connection.phase != .gone { beginClient(connection) }
  }

  func closeAttempts(_ connection: Connection) {
    for descriptor in connection.dial?.descriptors ?? [] where descriptor >= 0 {
      host.unwatch(descriptor)
      close(descriptor)
    }
    connection.dial?.descriptors.removeAll()
  }

  private func beginClient(_ connection: Connection) {
    guard let address = connection.address else { return }
    do throws(Failure) {
      connection.tls = try credentials.clientSession(address, connection.isVisit ? settings.withoutPin : settings)
    } catch { return end(connection, error) }
    stepTLS(connection)
  }

  /// From here on the site has half of the time that is left.
  func beginVisit(_ connection: Connection) {
    let now = host.now()
    guard connection.deadline > now, connection.deadline != MESH_DEADLINE_NONE else { return }
    connection.patience = now + (connection.deadline - now) / 2
  }

  /// The site has opened no lane. It answers strangers once a body is whole, so the bodies end: then a ticket that it did
  /// not take is known as one.
  func losePatience(_ connection: Connection) {
    connection.patience = MESH_DEADLINE_NONE
    connection.hasLostPatience = true
    resumeAll(connection)
    touch(connection)
  }

  /// TLS stands: the ticket goes out.
  func showTicket(_ connection: Connection) {
    guard let address = connection.address else { return }
    let target = ClientTarget(authority: address.authority, path: address.path, cookie: settings.cookie)
    guard let ticket = takeTicket(connection), let client = ClientConnection(target, ticket, connection) else {
      return end(connection, Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, "no ticket can be made for the site's key"))
    }
    connection.ticketDigest = ticket.digest
    beginVisit(connection)
    connection.client = client
  }
}
