// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshWire

/// A blocking client for command line programs: one thread, any number of calls one after another.
public final class ControlClient {
  /// What a call under way brings next.
  public enum Incoming: Equatable, Sendable {
    /// An event of the call.
    case event(CBOR)
    /// Bytes of data; grant more with `grant`.
    case data([UInt8])
    /// The daemon sends no more data.
    case end
    /// The daemon takes so many more bytes than before.
    case credit(UInt64)
    /// The call has ended.
    case result(CBOR)
  }

  private let descriptor: Int32
  private let limits = ControlLimits()
  private var codec = ControlCodec()
  private var nextID: UInt64 = 1

  /// Takes over a connected socket and closes it in the end.
  public init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Connects to a daemon's socket; see `ControlSocket.connect`.
  public convenience init(
    path: String, trusted: [UInt32] = [], refusal: (UInt32) -> String? = { _ in "" }
  ) throws(ControlError) {
    self.init(descriptor: try ControlSocket.connect(path, trusted: trusted, refusal: refusal))
  }

  deinit { close(descriptor) }

  /// Calls a method and waits at most `timeout` nanoseconds for each thing that it brings; `onEvent` gets the events.
  public func call<M: ControlMethod>(
    _ method: M.Type, _ params: M.Params, timeout: UInt64? = 30_000_000_000,
    onEvent: (M.Event) throws(ControlError) -> Void = { _ in }
  ) throws(ControlError) -> M.Result {
    let id = try start(M.name, params.cbor)
    while true {
      switch try next(id, timeout: timeout) {
      case .event(let event): try onEvent(try M.Event(cbor: event))
      case .result(let result): return try M.Result(cbor: result)
      case .data, .end, .credit: continue
      }
    }
  }

  /// Begins a call and returns its number.
  public func start(_ method: String, _ params: CBOR) throws(ControlError) -> UInt64 {
    let id = nextID
    nextID += 1
    try write(.request(id: id, method: method, params: params))
    return id
  }

  /// Sends data of a call; the caller has the credit for it.
  public func send(_ id: UInt64, _ bytes: [UInt8]) throws(ControlError) { try write(.data(id: id, bytes)) }

  /// Says that no more data comes.
  public func sendEnd(_ id: UInt64) throws(ControlError) { try write(.end(id: id)) }

  /// Lets the daemon send so many more bytes.
  public func grant(_ id: UInt64, _ bytes: UInt64) throws(ControlError) { try write(.credit(id: id, bytes: bytes)) }

  /// Gives the call up.
  public func cancel(_ id: UInt64) throws(ControlError) { try write(.cancel(id: id)) }

  /// Waits for what the call brings next; nil waits for ever. Throws the call's error when it has failed.
  public func next(_ id: UInt64, timeout: UInt64? = nil) throws(ControlError) -> Incoming {
    let deadline = timeout.map { ControlClient.now() &+ $0 }
    while true {
      guard let message = try codec.next() else {
        try fill(deadline)
        continue
      }
      // What is left of a call that was given up is of no interest.
      guard message.id == id || message.id == 0 else { continue }
      switch message {
      case .event(_, let event): return .event(event)
      case .data(_, let bytes): return .data(bytes)
      case .end: return .end
      case .credit(_, let bytes): return .credit(bytes)
      case .result(_, let result): return .result(result)
      case .failure(_, let error): throw error
      case .request, .cancel: throw ControlError(.protocol, "the daemon sent what only a client sends")
      }
    }
  }

  private func fill(_ deadline: UInt64?) throws(ControlError) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    var wait: Int32 = -1
    if let deadline {
      let now = ControlClient.now()
      guard now < deadline else { throw ControlError(.timeout, "the daemon did not answer in time") }
      wait = Int32(clamping: (deadline - now) / 1_000_000 + 1)
    }
    guard poll(&entry, 1, wait) > 0 else { return }
    var room = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(descriptor, &room, room.count, 0)
    if count < 0, errno == EINTR || errno == EAGAIN { return }
    guard count > 0 else {
      throw ControlError(
        .reset, "the daemon has closed the connection", hint: "Its log says why: 'journalctl -u meshd'.")
    }
    room.withUnsafeBytes { codec.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  private func write(_ message: ControlMessage) throws(ControlError) {
    let bytes = try ControlCodec.encode(message, limits: limits)
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw ControlError(.reset, "the daemon has closed the connection") }
      offset += count
    }
  }

  /// Monotonic nanoseconds.
  public static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
