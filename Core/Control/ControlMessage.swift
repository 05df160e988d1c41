// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// One message of the control protocol. `id` is chosen by the client and names a call until it has ended.
public enum ControlMessage: Equatable, Sendable {
  /// Client: begins a call.
  case request(id: UInt64, method: String, params: CBOR)
  /// Server: ends a call with its result.
  case result(id: UInt64, CBOR)
  /// Server: ends a call with an error. Id 0 is about the connection itself, which closes.
  case failure(id: UInt64, ControlError)
  /// Server: something happened in a call that goes on.
  case event(id: UInt64, CBOR)
  /// Either side: bytes of a call that streams, at most as many as the other side has granted.
  case data(id: UInt64, [UInt8])
  /// Either side: no more data from here.
  case end(id: UInt64)
  /// Either side: the other may send so many more bytes of data.
  case credit(id: UInt64, bytes: UInt64)
  /// Client: gives a call up.
  case cancel(id: UInt64)

  /// The call it belongs to.
  public var id: UInt64 {
    switch self {
    case .request(let id, _, _), .result(let id, _), .failure(let id, _), .event(let id, _), .data(let id, _),
      .end(let id), .credit(let id, _), .cancel(let id):
      id
    }
  }

  /// The message as a map; the second key says what it is.
  var cbor: CBOR {
    let head = ("id", CBOR.uint(id) as CBOR?)
    switch self {
    case .request(_, let method, let params): return .fields([head, ("method", .text(method)), ("params", params)])
    case .result(_, let result): return .fields([head, ("result", result)])
    case .failure(_, let error): return .fields([head, ("error", error.cbor)])
    case .event(_, let event): return .fields([head, ("event", event)])
    case .data(_, let bytes): return .fields([head, ("data", .bytes(bytes))])
    case .end: return .fields([head, ("end", .bool(true))])
    case .credit(_, let bytes): return .fields([head, ("credit", .uint(bytes))])
    case .cancel: return .fields([head, ("cancel", .bool(true))])
    }
  }

  init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "message")
    let id = try fields.unsigned("id")
    if fields.value("method") != nil {
      self = .request(id: id, method: try fields.text("method"), params: fields.value("params") ?? .map([]))
    } else if let result = fields.value("result") {
      self = .result(id: id, result)
    } else if let error = fields.value("error") {
      self = .failure(id: id, try ControlError(cbor: error))
    } else if let event = fields.value("event") {
      self = .event(id: id, event)
    } else if fields.value("data") != nil {
      self = .data(id: id, try fields.bytes("data"))
    } else if try fields.flag("end") {
      self = .end(id: id)
    } else if fields.value("credit") != nil {
      self = .credit(id: id, bytes: try fields.unsigned("credit"))
    } else if try fields.flag("cancel") {
      self = .cancel(id: id)
    } else {
      throw ControlError(.protocol, "a control message of no known kind")
    }
  }
}
