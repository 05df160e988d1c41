// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// One connection at the daemon: bytes in, bytes out, no socket.
///
/// The loop reads while `wantsInput`, writes what `output` holds, calls `advance` at `deadline`, and closes the socket
/// once `isClosed` and nothing is left to write. Memory is bounded by `ControlLimits`.
public final class ControlConnection {
  /// Counts the connections of the server from 1.
  public let number: UInt64
  /// Who is at the other end.
  public let credentials: ControlCredentials
  /// What it may do.
  public let access: ControlAccess
  /// Called when output appears outside `receive`, so that a loop can ask for writability.
  public var onOutput: (() -> Void)?
  /// Bytes to write, in order.
  public private(set) var output: [UInt8] = []
  /// No further input is taken; write what is left and close the socket.
  public private(set) var isClosed = false
  /// Why it was closed, if that was for a fault of the client.
  public private(set) var fault: ControlError?

  /// Set when the connection is to carry an application's records once `output` was written.
  public private(set) var attachment: ApplicationAttachment?

  private let server: ControlServer
  private var codec: ControlCodec
  private var calls: [UInt64: ControlCall] = [:]
  // A trickle of bytes is no progress: only whole messages, and output that is taken, move these.
  private var inputProgress: UInt64
  private var outputProgress: UInt64
  private var now: UInt64
  private var isReceiving = false

  init(server: ControlServer, number: UInt64, access: ControlAccess, credentials: ControlCredentials, now: UInt64) {
    self.server = server
    self.number = number
    self.access = access
    self.credentials = credentials
    self.now = now
    inputProgress = now
    outputProgress = now
    codec = ControlCodec(limits: server.limits)
  }

  var limits: ControlLimits { server.limits }

  /// Whether more output may be queued.
  var hasRoom: Bool { output.count < limits.output }

  /// Whether the loop should read: false while the client does not take what was written.
  public var wantsInput: Bool { !isClosed && attachment == nil && hasRoom }

  /// Number of calls under way.
  public var callCount: Int { calls.count }

  /// Takes bytes from the socket at monotonic time `now`.
  public func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) {
    self.now = now
    if isClosed { return }
    if codec.buffered == 0 { inputProgress = now }
    codec.append(bytes)
    // A loop that reads although nothing is wanted must not make this grow.
    if codec.buffered > limits.message + limits.output {
      close(ControlError(.limit, "more input than this connection may hold"))
      return
    }
    process()
  }

  /// As the other `receive`, from an array.
  public func receive(_ bytes: [UInt8], now: UInt64) { bytes.withUnsafeBytes { receive($0, now: now) } }

  /// The socket has taken the first `count` bytes of `output`.
  public func consumeOutput(_ count: Int, now: UInt64) {
    self.now = now
    outputProgress = now
    let hadRoom = hasRoom
    output.removeFirst(min(count, output.count))
    if !hadRoom, hasRoom, !isClosed {
      for call in Array(calls.values) { call.onRoom?() }
      process()
    }
  }

  /// The other end has closed: every call is cancelled.
  public func inputEnded() { shut() }

  /// When `advance` is due; nil when nothing can run out of time.
  public var deadline: UInt64? {
    if !output.isEmpty { return outputProgress &+ limits.stall }
    if isClosed { return nil }
    if codec.buffered > 0 { return inputProgress &+ limits.stall }
    return calls.isEmpty ? max(inputProgress, outputProgress) &+ limits.idle : nil
  }

  /// Closes a connection that has stalled: half a message, output that nobody takes, or nothing asked for long.
  public func advance(now: UInt64) {
    self.now = now
    guard let deadline, now >= deadline else { return }
    if isClosed || !output.isEmpty {
      output = []
      shut()
    } else if codec.buffered > 0 {
      close(ControlError(.timeout, "the rest of a control message did not come in time"))
    } else {
      shut()
    }
  }

  private func process() {
    // A handler that writes may lead back here; the outer loop goes on anyway.
    if isReceiving { return }
    isReceiving = true
    defer { isReceiving = false }
    do throws(ControlError) {
      while wantsInput, let message = try codec.next() {
        inputProgress = now
        try handle(message)
      }
    } catch {
      close(error)
    }
  }

  private func handle(_ message: ControlMessage) throws(ControlError) {
    switch message {
    case .request(let id, let method, let params): try begin(id, method, params)
    case .data(let id, let bytes): try calls[id]?.receive(bytes)
    case .end(let id): try calls[id]?.receiveEnd()
    case .credit(let id, let bytes): calls[id]?.receiveCredit(bytes)
    case .cancel(let id): calls.removeValue(forKey: id)?.cancelled()
    case .result, .failure, .event:
      throw ControlError(.protocol, "a message that only the daemon sends")
    }
  }

  private func begin(_ id: UInt64, _ name: String, _ params: CBOR) throws(ControlError) {
    guard id != 0, calls[id] == nil else { throw ControlError(.protocol, "call \(id) is under way already") }
    guard calls.count < limits.calls else {
      return send(
        .failure(
          id: id, ControlError(.limit, "\(limits.calls) calls are under way on this connection", hint: "Wait for one."))
      )
    }
    guard let method = server.methods[name] else {
      let shown = String(name.prefix(64))
      return send(
        .failure(
          id: id,
          ControlError(
            .unsupported, "this daemon has no method '\(shown)'",
            hint: "The daemon may be older than this program; compare their versions.")))
    }
    guard access >= method.access else {
      return send(
        .failure(
          id: id,
          ControlError(
            .permission, "'\(name)' needs the admin socket",
            hint: "Run it as root or as the daemon's user, or name the admin socket with --socket.")))
    }
    let call = ControlCall(connection: self, id: id, method: name, params: params)
    calls[id] = call
    method.handler(call)
  }

  /// Queues a message. Nothing is queued after the connection has closed.
  func send(_ message: ControlMessage) {
    if isClosed { return }
    do throws(ControlError) {
      enqueue(try ControlCodec.encode(message, limits: limits))
    } catch {
      if let bytes = try? ControlCodec.encode(.failure(id: message.id, error), limits: limits) { enqueue(bytes) }
    }
  }

  private func enqueue(_ bytes: [UInt8]) {
    if output.isEmpty { outputProgress = now }
    output += bytes
    onOutput?()
  }

  /// No more control messages come. A client that did not wait for the answer is cut off.
  func turnOver(_ attachment: ApplicationAttachment) {
    guard codec.buffered == 0 else {
      return close(ControlError(.protocol, "bytes behind '\(ApplicationAttachMethod.name)' before its answer"))
    }
    self.attachment = attachment
    let open = calls
    calls = [:]
    for call in open.values { call.cancelled() }
  }

  func finished(_ id: UInt64) { calls.removeValue(forKey: id) }

  /// Says why, and closes.
  private func close(_ error: ControlError) {
    fault = error
    send(.failure(id: 0, error))
    shut()
  }

  private func shut() {
    isClosed = true
    let open = calls
    calls = [:]
    for call in open.values { call.cancelled() }
    onOutput?()
  }
}
