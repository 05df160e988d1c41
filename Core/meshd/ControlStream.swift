// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshControl
import MeshEventLoop
import MeshNode
import MeshObserve

/// Moves the bytes of one control connection between its socket and the protocol.
final class ControlStream: EventHandler {
  private static let readSize = 65_536
  private let descriptor: Int32
  private let connection: ControlConnection
  private let node: Node
  private var onClose: ((ControlStream) -> Void)?
  /// Takes over the descriptor of a client that attaches.
  private let onAttach: (Int32, ControlConnection, ApplicationAttachment) -> Void
  private var watch: WatchID?
  private var interest: Readiness = .read
  private var timer: TimerID?
  private var isPumpWanted = false
  private var isClosed = false

  init(
    _ descriptor: Int32, _ connection: ControlConnection, _ node: Node,
    onAttach: @escaping (Int32, ControlConnection, ApplicationAttachment) -> Void,
    onClose: @escaping (ControlStream) -> Void
  ) {
    self.descriptor = descriptor
    self.connection = connection
    self.node = node
    self.onAttach = onAttach
    self.onClose = onClose
  }

  func start() {
    connection.onOutput = { [weak self] in self?.wantPump() }
    do throws(EventLoopError) {
      watch = try node.loop.watch(descriptor, for: interest, handler: self)
    } catch {
      node.log.error("control_not_watched", [.text("reason", "\(error)")])
      return close()
    }
    wantPump()
  }

  private func wantPump() {
    guard !isPumpWanted, !isClosed else { return }
    isPumpWanted = true
    node.loop.soon(self)
  }

  override func ready(_ readiness: Readiness, token: UInt64) {
    guard !isClosed else { return }
    if connection.wantsInput, readiness.contains(.read) || readiness.contains(.error) { read() }
    node.wantTurn()
    wantPump()
  }

  private func read() {
    withUnsafeTemporaryAllocation(byteCount: Self.readSize, alignment: 16) { space in
      let count = recv(descriptor, space.baseAddress, space.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        connection.receive(UnsafeRawBufferPointer(rebasing: space[..<count]), now: node.loop.now)
      } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
        connection.inputEnded()
        close()
      }
    }
  }

  override func run() {
    isPumpWanted = false
    guard !isClosed else { return }
    write()
    guard !isClosed else { return }
    if connection.isClosed, connection.output.isEmpty { return close() }
    if let attachment = connection.attachment, connection.output.isEmpty { return turnOver(attachment) }
    var wanted: Readiness = []
    if connection.wantsInput { wanted.insert(.read) }
    if !connection.output.isEmpty { wanted.insert(.write) }
    if wanted != interest, let watch {
      interest = wanted
      do throws(EventLoopError) {
        try node.loop.change(watch, to: wanted)
      } catch {
        // Without it the client would wait for ever.
        node.log.error("control_not_watched", [.text("reason", "\(error)")])
        return close()
      }
    }
    arm()
  }

  private func write() {
    while !connection.output.isEmpty {
      let count = connection.output.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      }
      guard count > 0 else {
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        connection.inputEnded()
        return close()
      }
      connection.consumeOutput(count, now: node.loop.now)
    }
  }

  private func arm() {
    guard let deadline = connection.deadline else {
      if let timer { node.loop.cancel(timer) }
      timer = nil
      return
    }
    if let timer, node.loop.reschedule(timer, at: deadline) { return }
    timer = node.loop.schedule(at: deadline, handler: self)
  }

  override func expired(token: UInt64) {
    timer = nil
    guard !isClosed else { return }
    connection.advance(now: node.loop.now)
    wantPump()
  }

  /// Writes what the socket takes at once, and closes.
  func finish() {
    guard !isClosed else { return }
    write()
    if !isClosed { close() }
  }

  private func turnOver(_ attachment: ApplicationAttachment) {
    leave()
    connection.onOutput = nil
    onAttach(descriptor, connection, attachment)
    onClose?(self)
    onClose = nil
  }

  private func leave() {
    isClosed = true
    if let watch { node.loop.unwatch(watch) }
    if let timer { node.loop.cancel(timer) }
  }

  private func close() {
    guard !isClosed else { return }
    leave()
    Glibc.close(descriptor)
    connection.onOutput = nil
    if !connection.isClosed { connection.inputEnded() }
    onClose?(self)
    onClose = nil
    node.wantTurn()
  }
}
