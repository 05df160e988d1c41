import CMeshABI
import Glibc
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import TransportTLS
import WebSocketCore

extension Instance {
  /// Starts to dial.
  func connect(_ id: UInt64, _ address: WebSocketAddress, deadline: UInt64) -> Int32 {
    guard !isStopping else { return MESH_E_STATE }
    guard address.port != 0 else { return MESH_E_ADDRESS }
    if let pin = address.pin, PublicKeyPin(pin) == nil { return MESH_E_ADDRESS }
    guard let link = makeLink(id: id, role: .client, phase: .resolving, address: address) else { return MESH_E_LIMIT }
    setDeadline(link, min(deadline, host.now() &+ settings.handshakeTimeout))
    link.dial = Dial()
    let name = settings.proxy?.host ?? address.host
    let port = settings.proxy?.port ?? address.port
    if let proxy = settings.proxy {
      link.proxy = ProxyHandshake(proxy: proxy, host: address.host, port: address.port)
    }
    if credentials.lackAuthorities(for: address, settings) { return readAuthorities(for: link) }
    if let literal = SocketAddress(literal: name, port: port) {
      link.dial?.candidates = [literal]
      link.phase = .connecting
      tryNextAddress(link)
    } else {
      resolve(link, name, port)
    }
    return MESH_OK
  }

  /// Looks up a name, or takes a literal.
  func resolve(_ link: Link, _ name: String, _ port: UInt16) {
    let resolution = Resolution(name: name, port: port)
    guard !offloaded.begin(resolution, resolution.run, for: link.token(), on: host) else { return }
    end(link, Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "too many names are being resolved"))
  }

  /// The host's pool has done work.
  func offloadedEnded(_ number: UInt32) {
    guard let (work, owner) = offloaded.finish(number) else { return }
    switch work {
    case let authorities as TLSAuthorities: authoritiesRead(authorities)
    case let resolution as Resolution: resolved(resolution, for: owner)
    default: break
    }
  }

  /// A name was resolved, for a link that may have gone since.
  private func resolved(_ resolution: Resolution, for owner: UInt64) {
    guard let token = Token(owner), let link = link(token), link.phase == .resolving else { return }
    link.dial?.candidates = Dial.interleave(resolution.addresses)
    if let failure = resolution.failure { link.dial?.lastFailure = failure }
    link.phase = .connecting
    tryNextAddress(link)
  }

  /// Tries the next address; the link fails when there is none and nothing is under way.
  func tryNextAddress(_ link: Link) {
    while let dial = link.dial {
      guard dial.tried < dial.candidates.count else {
        link.dial?.nextAttempt = MESH_DEADLINE_NONE
        if dial.descriptors.allSatisfy({ $0 < 0 }) { end(link, dial.lastFailure) }
        return
      }
      link.dial?.tried += 1
      do throws(Failure) {
        let descriptor = try Socket.connect(
          to: dial.candidates[dial.tried], sendBuffer: settings.sendBuffer, receiveBuffer: settings.receiveBuffer)
        let attempt = UInt8(dial.descriptors.count)
        link.dial?.descriptors.append(descriptor)
        guard host.watch(descriptor, MESH_WATCH_WRITE, link.token(.attempt, attempt: attempt)) else {
          throw Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "the host cannot watch the descriptor")
        }
        link.dial?.nextAttempt = host.now() &+ Dial.attemptDelay
        return
      } catch {
        link.dial?.lastFailure = error
      }
    }
  }

  /// The socket of an attempt has connected or failed.
  func attemptEnded(_ link: Link, _ attempt: Int) {
    guard link.phase == .connecting, let dial = link.dial, attempt < dial.descriptors.count else { return }
    let descriptor = dial.descriptors[attempt]
    guard descriptor >= 0 else { return }
    host.unwatch(descriptor)
    link.dial?.descriptors[attempt] = -1
    let number = Socket.error(descriptor)
    guard number == 0 else {
      close(descriptor)
      link.dial?.lastFailure = Failure(errno: number, "connect")
      return tryNextAddress(link)
    }
    closeAttempts(link)
    link.dial = nil
    link.descriptor = descriptor
    link.phase = .upgrading
    setMask(link, MESH_WATCH_READ)
    if link.phase != .gone { connected(link) }
  }

  func closeAttempts(_ link: Link) {
    for descriptor in link.dial?.descriptors ?? [] where descriptor >= 0 {
      host.unwatch(descriptor)
      close(descriptor)
    }
    link.dial?.descriptors.removeAll()
  }
}
