// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// One call that a client has made. A handler answers it once with `reply` or `fail`, now or later; in between it may
/// report events and move data both ways. After the end, and after a cancel, everything it does is ignored.
public final class ControlCall {
  /// The connection's number: with `id` it names the call among all calls.
  public let connectionNumber: UInt64
  /// The client's number for it.
  public let id: UInt64
  /// The method's name.
  public let method: String
  /// The parameters as they came.
  public let params: CBOR
  /// Who calls.
  public let credentials: ControlCredentials
  /// Through which socket.
  public let access: ControlAccess
  /// Data from the client; the handler grants more with `grant` when it has used it.
  public var onData: (([UInt8]) -> Void)?
  /// The client sends no more data.
  public var onEnd: (() -> Void)?
  /// The client, or the connection, has given the call up.
  public var onCancel: (() -> Void)?
  /// Credit has come, or output has drained: `send` and `event` may work again.
  public var onRoom: (() -> Void)?
  /// Bytes of data that the client still takes.
  public private(set) var credit: UInt64 = 0
  /// Whether the call still waits for its answer.
  public private(set) var isOpen = true

  private weak var connection: ControlConnection?
  private var granted: UInt64 = 0
  private var inputEnded = false

  init(connection: ControlConnection, id: UInt64, method: String, params: CBOR) {
    self.connection = connection
    self.id = id
    self.method = method
    self.params = params
    connectionNumber = connection.number
    credentials = connection.credentials
    access = connection.access
  }

  /// Ends the call with its result.
  public func reply(_ result: CBOR) { end(.result(id: id, result)) }

  /// Ends the call with its result.
  public func reply(_ result: some ControlShape) { reply(result.cbor) }

  /// Ends the call with its result, and the control protocol on this connection with it: see
  /// `ControlConnection.attachment`.
  public func turnOver(_ result: some ControlShape, _ attachment: ApplicationAttachment) {
    guard isOpen, let connection else { return }
    reply(result)
    connection.turnOver(attachment)
  }

  /// Ends the call with an error.
  public func fail(_ error: ControlError) { end(.failure(id: id, error)) }

  /// Reports something. False when the client is too slow to take it now: try again at `onRoom`.
  public func event(_ event: some ControlShape) -> Bool {
    guard isOpen, let connection, connection.hasRoom else { return false }
    connection.send(.event(id: id, event.cbor))
    return true
  }

  /// Sends as much of `bytes` as there is credit and room for; returns how many bytes were taken.
  public func send(_ bytes: some Collection<UInt8>) -> Int {
    guard isOpen, let connection else { return 0 }
    var taken = 0
    while taken < bytes.count, credit > 0, connection.hasRoom {
      let count = Int(min(credit, UInt64(min(bytes.count - taken, connection.limits.chunk))))
      connection.send(.data(id: id, Array(bytes.dropFirst(taken).prefix(count))))
      credit -= UInt64(count)
      taken += count
    }
    return taken
  }

  /// Says that no more data comes from here.
  public func sendEnd() { if isOpen { connection?.send(.end(id: id)) } }

  /// Lets the client send so many more bytes of data.
  public func grant(_ bytes: UInt64) {
    guard isOpen, bytes > 0 else { return }
    granted = granted.addingReportingOverflow(bytes).overflow ? .max : granted + bytes
    connection?.send(.credit(id: id, bytes: bytes))
  }

  /// Whether both calls came over one connection, on which call ids are unique.
  public func isOnSameConnection(as other: ControlCall) -> Bool {
    connection != nil && connection === other.connection
  }

  private func end(_ message: ControlMessage) {
    guard isOpen else { return }
    isOpen = false
    connection?.send(message)
    connection?.finished(id)
    release()
  }

  func cancelled() {
    guard isOpen else { return }
    isOpen = false
    let act = onCancel
    release()
    act?()
  }

  func receive(_ bytes: [UInt8]) throws(ControlError) {
    guard !inputEnded, UInt64(bytes.count) <= granted else {
      throw ControlError(.protocol, "more data than was granted to call \(id)")
    }
    granted -= UInt64(bytes.count)
    onData?(bytes)
  }

  func receiveEnd() throws(ControlError) {
    guard !inputEnded else { throw ControlError(.protocol, "the data of call \(id) ended twice") }
    inputEnded = true
    onEnd?()
  }

  func receiveCredit(_ bytes: UInt64) {
    let (sum, overflow) = credit.addingReportingOverflow(bytes)
    credit = overflow ? .max : sum
    onRoom?()
  }

  /// The closures often hold the call itself.
  private func release() {
    onData = nil
    onEnd = nil
    onCancel = nil
    onRoom = nil
  }
}
