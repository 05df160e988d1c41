// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

/// One instance of the transport: its listeners and links, and what the host asks for.
final class Instance {
  static let mtu: UInt32 = 16_384
  /// For what the kernel will not announce: a full backlog, an empty pool. Nanoseconds.
  private static let retry: UInt64 = 2_000_000

  let host: Host
  private var ports: [Port] = []
  private var retryAt = MESH_DEADLINE_NONE
  private var stopAt = MESH_DEADLINE_NONE
  private var isStopping = false

  init(_ host: Host) { self.host = host }

  // MARK: What the host asks for

  func listen(_ id: UInt64, _ name: String, _ handedOver: Int32) {
    let listener = add(Port(id, .listening, name))
    do throws(Socket.Failure) {
      listener.descriptor = handedOver >= 0 ? try Socket.adopt(handedOver) : try Socket.listen(name)
      guard watch(listener) else { throw Socket.Failure(code: EMFILE) }
      host.tell(MESH_EVENT_LISTENING, id, MESH_OK, listener.address)
    } catch { fail(listener, error) }
  }

  func unlisten(_ id: UInt64) -> Int32 {
    guard let listener = ports.first(where: { $0.id == id && $0.state == .listening }) else { return MESH_E_STALE }
    end(listener, MESH_OK, "")
    return MESH_OK
  }

  func connect(_ id: UInt64, _ name: String, _ deadline: UInt64) {
    dial(add(Port(id, .dialing, name, deadline: deadline)))
  }

  func disconnect(_ id: UInt64, _ mode: UInt32) -> Int32 {
    guard mode <= MESH_DISCONNECT_ABORT else { return MESH_E_INVALID }
    guard let link = link(id) else { return MESH_E_STALE }
    hangUp(link, isAbort: mode == MESH_DISCONNECT_ABORT)
    finish()
    return MESH_OK
  }

  func transmit(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    for index in 0..<count {
      if let link = link(buffers[index].link), link.state == .up, link.count < Port.creditFrames {
        (link.queue + link.count).initialize(to: buffers[index])
        link.count += 1
        if (link.mask ?? 0) & MESH_WATCH_WRITE == 0 { write(link) }
      } else {
        buffers[index].status = MESH_E_STALE
        host.giveBack(buffers + index, 1)
      }
    }
  }

  func ready(_ ready: UnsafeBufferPointer<mesh_ready>, now: UInt64) -> UInt64 {
    for entry in ready where entry.kind == MESH_READY_FD && entry.fd >= 0 {
      // Looked up each time: an earlier entry of this turn may have ended the port.
      guard let port = ports.first(where: { $0.descriptor == entry.fd }) else { continue }
      if entry.mask & MESH_WATCH_WRITE != 0 { write(port) }
      if port.state == .listening { accept(port) } else if entry.mask & ~MESH_WATCH_WRITE != 0 { read(port) }
    }
    let isRetry = now >= retryAt
    if isRetry { retryAt = MESH_DEADLINE_NONE }
    for port in ports {
      if now >= stopAt {
        end(port, MESH_E_CANCELLED, "the time to stop has come")
      } else if port.state == .closing, port.count == 0 {
        end(port, MESH_E_CLOSED, "closed")
      } else if isRetry {
        port.isPaused = false
        if port.state == .dialing { dial(port) } else { watch(port) }
      }
    }
    return finish()
  }

  func stop(deadline: UInt64) {
    for port in ports {
      if port.state == .listening { end(port, MESH_OK, "") } else { hangUp(port, isAbort: false) }
    }
    isStopping = true
    stopAt = deadline
    finish()
  }

  // MARK: Ports

  private func add(_ port: Port) -> Port {
    ports.append(port)
    return port
  }

  private func link(_ id: UInt64) -> Port? { ports.first { $0.id == id && $0.state != .listening } }

  /// The only way out of any state: what waits goes back to the host, then comes the last word, if there is one.
  func end(_ port: Port, _ code: Int32, _ why: String) {
    for index in 0..<port.count { port.queue[index].status = code }
    host.giveBack(port.queue, port.count)
    if port.descriptor >= 0 {
      host.unwatch(port.descriptor)
      close(port.descriptor)
    }
    ports.removeAll { $0 === port }
    guard !why.isEmpty else { return }
    let kind: UInt32 =
      switch port.state {
      case .listening: MESH_EVENT_LISTEN_FAILED
      case .dialing: MESH_EVENT_FAILED
      case .up, .closing: MESH_EVENT_DOWN
      }
    host.tell(kind, port.id, code, "\(port.address): \(why)")
  }

  func fail(_ port: Port, _ failure: Socket.Failure) { end(port, Host.code(failure), failure.text) }

  @discardableResult
  func watch(_ port: Port) -> Bool {
    let mask = (port.isPaused ? 0 : MESH_WATCH_READ) | (port.count > 0 ? MESH_WATCH_WRITE : 0)
    guard mask != port.mask else { return true }
    port.mask = mask
    return host.watch(port.descriptor, mask, port.id)
  }

  /// The end of every call that may have ended something: the next deadline. STOPPED is the last word of all.
  @discardableResult
  private func finish() -> UInt64 {
    let at = min(retryAt, stopAt)
    host.deadline(at)
    guard isStopping, ports.isEmpty else { return at }
    isStopping = false
    host.tell(MESH_EVENT_STOPPED)
    return MESH_DEADLINE_NONE
  }

  func tryLater(_ port: Port) {
    retryAt = min(retryAt, host.now + Instance.retry)
    port.isPaused = true
    if port.descriptor >= 0 { watch(port) }
    finish()
  }

  // MARK: Links

  private func comeUp(_ link: Port, _ descriptor: Int32) {
    link.descriptor = descriptor
    guard watch(link) else { return fail(link, Socket.Failure(code: EMFILE)) }
    link.state = .up
    host.tell(MESH_EVENT_UP, link.id)
    host.credit(link.id, UInt32(Port.creditFrames), UInt64(Port.creditFrames) * UInt64(Instance.mtu))
  }

  private func dial(_ link: Port) {
    do throws(Socket.Failure) {
      comeUp(link, try Socket.dial(link.name))
    } catch {
      guard error.code == EAGAIN else { return fail(link, error) }
      guard host.now < link.deadline else { return fail(link, Socket.Failure(code: ETIMEDOUT)) }
      tryLater(link)
    }
  }

  private func hangUp(_ link: Port, isAbort: Bool) {
    if link.state == .dialing || isAbort {
      end(link, MESH_E_CANCELLED, "given up")
    } else if link.count == 0 {
      end(link, MESH_E_CLOSED, "closed")
    } else {
      link.state = .closing  // `ready` ends it once the queue is empty
    }
  }

  private func accept(_ listener: Port) {
    do throws(Socket.Failure) {
      let descriptor = try Socket.accept(listener.descriptor)
      if let id = host.incoming(listener.id, listener.address) {
        comeUp(add(Port(id, .dialing, listener.name)), descriptor)
      } else {
        close(descriptor)
      }
    } catch {
      if error.code != EAGAIN, error.code != ECONNABORTED { tryLater(listener) }
    }
  }
}
