// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshApplication
import MeshControl
import MeshEventLoop
import MeshNode
import MeshObserve

/// An application behind the client socket: commands in, events out, many of them with each system call.
///
/// What waits for a client that does not read stays in its own sink and port; nothing else of the node waits for it.
final class AttachedApplication: EventHandler {
  private let descriptor: Int32
  private let node: Node
  private let sink: SocketSink
  private let port: ApplicationPort
  private let onClose: (AttachedApplication) -> Void
  private var input: UnsafeMutableRawBufferPointer
  /// Bytes of `input` that are there and not yet commands.
  private var filled = 0
  private var watch: WatchID?
  private var interest: Readiness = .read
  private var turnEndedAt: UInt64 = 0
  private var isClosed = false

  private static let inputSize = 256 << 10
  /// Reads in one turn, so that one client does not hold up the others.
  private static let readsPerTurn = 4
  private static let eventLimits = (64 << 10)...(64 << 20)

  init(
    _ descriptor: Int32, _ attachment: ApplicationAttachment, _ node: Node, server: ControlServer,
    access: ControlAccess, credentials: ControlCredentials, onClose: @escaping (AttachedApplication) -> Void
  ) {
    self.descriptor = descriptor
    self.node = node
    self.onClose = onClose
    let limits = Self.eventLimits
    sink = SocketSink(limit: min(max(Int(clamping: attachment.eventBytes), limits.lowerBound), limits.upperBound))
    port = ApplicationPort(
      node: node, sink: sink, name: attachment.application, control: server, access: access,
      credentials: credentials)
    input = .allocate(byteCount: Self.inputSize, alignment: 16)
    super.init()
    sink.onFirst = { [unowned self] in self.node.loop.soon(self) }
  }

  deinit { input.deallocate() }

  func start() {
    do throws(EventLoopError) {
      watch = try node.loop.watch(descriptor, for: interest, handler: self)
    } catch { return giveUp("\(error)") }
    node.loop.addHook(self)
    node.log.debug("application_attached", [.text("application", port.name)])
  }

  override func ready(_ readiness: Readiness, token: UInt64) {
    guard !isClosed else { return }
    if readiness.contains(.write) { write() }
    if readiness.contains(.error), !port.wantsCommands { return close() }
    if readiness.contains(.read) || readiness.contains(.error) { read() }
  }

  private func read() {
    for _ in 0..<Self.readsPerTurn where !isClosed && port.wantsCommands {
      let space = UnsafeMutableRawBufferPointer(rebasing: input[filled...])
      let count = recv(descriptor, space.baseAddress, space.count, Int32(MSG_DONTWAIT))
      if count == 0 { return close() }
      guard count > 0 else {
        if errno != EAGAIN, errno != EINTR { close() }
        return
      }
      filled += count
      submit()
      if count < space.count { return }
    }
  }

  /// Hands whole commands to the port and keeps the rest, with room for all of the next command.
  private func submit() {
    do throws(ApplicationFault) {
      let used = try port.submit(UnsafeRawBufferPointer(rebasing: input[..<filled]))
      let rest = UnsafeRawBufferPointer(rebasing: input[used..<filled])
      let needed = try ApplicationPort.length(of: rest)
      if needed > input.count
        || (needed <= Self.inputSize && rest.count < Self.inputSize && input.count > Self.inputSize)
      {
        let size = max(needed, Self.inputSize)
        let fresh = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        fresh.copyMemory(from: rest)
        input.deallocate()
        input = fresh
      } else if used > 0 {
        input.copyMemory(from: rest)
      }
      filled = rest.count
    } catch {
      node.log.warning(
        "application_cut_off", [.text("application", port.name), .text("reason", error.description)])
      close()
    }
  }

  // MARK: events

  /// Events came behind the end of the turn.
  override func run() {
    if turnEndedAt == node.loop.turns { turnEnded() }
  }

  override func turnEnded() {
    turnEndedAt = node.loop.turns
    guard !isClosed else { return }
    port.turnEnded()
    write()
    watchWhatMatters()
  }

  private func write() {
    while !isClosed {
      while sink.count > 0 {
        let bytes = sink.bytes
        let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        guard count > 0 else {
          if count < 0, errno == EAGAIN || errno == EINTR { break }
          return close()
        }
        sink.consume(count)
      }
      guard sink.hasRoomAgain else { return }
      sink.hasRefused = false
      port.resume()
      // Commands that had to wait for the answers before them.
      if filled > 0 { submit() }
      if sink.count == 0 { return }
    }
  }

  private func watchWhatMatters() {
    guard !isClosed, let watch else { return }
    var wanted: Readiness = []
    if port.wantsCommands, filled < input.count { wanted.insert(.read) }
    if sink.count > 0 { wanted.insert(.write) }
    guard wanted != interest else { return }
    interest = wanted
    do throws(EventLoopError) { try node.loop.change(watch, to: wanted) } catch { giveUp("\(error)") }
  }

  /// The loop does not take the socket: the application is cut off and attaches again.
  private func giveUp(_ reason: String) {
    node.log.warning("application_not_watched", [.text("application", port.name), .text("reason", reason)])
    close()
  }

  // MARK: the end

  /// Writes what the socket takes at once, and closes.
  func finish() {
    if !isClosed { write() }
    close()
  }

  private func close() {
    guard !isClosed else { return }
    isClosed = true
    if let watch { node.loop.unwatch(watch) }
    node.loop.removeHook(self)
    port.close()
    Glibc.close(descriptor)
    node.log.debug("application_left", [.text("application", port.name)])
    onClose(self)
  }
}
