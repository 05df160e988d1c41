// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import MeshEventLoop
import MeshNode
import MeshObserve

/// Answers `GET /metrics`.
final class MetricsListener: EventHandler {
  private static let limit = 16
  private let descriptor: Int32
  private let node: Node
  private var watch: WatchID?
  private var connections = 0

  init(_ descriptor: Int32, _ node: Node) {
    self.descriptor = descriptor
    self.node = node
  }

  func start() {
    do throws(EventLoopError) {
      watch = try node.loop.watch(descriptor, for: .read, handler: self)
    } catch { node.log.error("metrics_not_listening", [.text("reason", "\(error)")]) }
  }

  override func ready(_ readiness: Readiness, token: UInt64) {
    for _ in 0..<16 {
      let socket = clinux_accept(descriptor, nil, nil)
      guard socket >= 0 else { return }
      guard connections < Self.limit else {
        Glibc.close(socket)
        continue
      }
      connections += 1
      MetricsConnection(socket, node) { [weak self] in self?.connections -= 1 }.start()
    }
  }

  func close() {
    if let watch { node.loop.unwatch(watch) }
    Glibc.close(descriptor)
  }
}

/// One request and its answer, within five seconds. The loop keeps it alive while its socket is watched.
final class MetricsConnection: EventHandler {
  private static let timeLimit: UInt64 = 5_000_000_000
  private let descriptor: Int32
  private let node: Node
  private var responder = MetricsResponder()
  private var answer: [UInt8] = []
  private var written = 0
  private var watch: WatchID?
  private var timer: TimerID?
  private let onClose: () -> Void
  private var isClosed = false

  init(_ descriptor: Int32, _ node: Node, onClose: @escaping () -> Void) {
    self.descriptor = descriptor
    self.node = node
    self.onClose = onClose
  }

  func start() {
    do throws(EventLoopError) {
      watch = try node.loop.watch(descriptor, for: .read, handler: self)
      timer = node.loop.schedule(at: node.loop.now + Self.timeLimit, handler: self)
    } catch { fail(error) }
  }

  override func expired(token: UInt64) {
    timer = nil
    close()
  }

  override func ready(_ readiness: Readiness, token: UInt64) {
    guard answer.isEmpty else { return write() }
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { space in
      let count = recv(descriptor, space.baseAddress, space.count, Int32(MSG_DONTWAIT))
      guard count > 0 else {
        if count == 0 || (errno != EAGAIN && errno != EINTR) { close() }
        return
      }
      let node = node
      let outcome = responder.receive(UnsafeRawBufferPointer(rebasing: space[..<count])) {
        PrometheusText.render(node.metricFamilies())
      }
      guard case .answer(let bytes) = outcome else { return }
      answer = bytes
      do throws(EventLoopError) {
        if let watch { try node.loop.change(watch, to: .write) }
        write()
      } catch { fail(error) }
    }
  }

  private func write() {
    while written < answer.count {
      let count = answer.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress.map { $0 + written }, $0.count - written,
          Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      }
      guard count > 0 else {
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        break
      }
      written += count
    }
    close()
  }

  private func fail(_ error: EventLoopError) {
    node.log.error("metrics_not_answered", [.text("reason", "\(error)")])
    close()
  }

  private func close() {
    guard !isClosed else { return }
    isClosed = true
    if let watch { node.loop.unwatch(watch) }
    watch = nil
    if let timer { node.loop.cancel(timer) }
    timer = nil
    shutdown(descriptor, Int32(SHUT_WR))
    Glibc.close(descriptor)
    onClose()
  }
}
