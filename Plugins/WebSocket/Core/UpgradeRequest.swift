// SPDX-License-Identifier: Apache-2.0
import TransportBytes

/// A client's side of the opening handshake (RFC 6455, 4.1).
public struct UpgradeRequest: Sendable {
  /// Host field: name or literal, with the port unless it is the scheme's own.
  public var host: String
  /// Request target, starting with a slash.
  public var path: String
  /// The subprotocol that the server has to choose, or nil.
  public var subprotocol: String?
  /// Sec-WebSocket-Extensions, or nil.
  public var extensions: String?
  /// Sec-WebSocket-Key.
  public let key: String

  /// `nonce` is 16 random bytes.
  public init(host: String, path: String, subprotocol: String? = nil, extensions: String? = nil, nonce: [UInt8]) {
    self.host = host
    self.path = path
    self.subprotocol = subprotocol
    self.extensions = extensions
    key = Base64.encode(nonce)
  }

  /// The request as it is sent.
  public var bytes: [UInt8] {
    var text = "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    text += "Sec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\n"
    if let subprotocol { text += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
    if let extensions { text += "Sec-WebSocket-Extensions: \(extensions)\r\n" }
    return Array((text + "\r\n").utf8)
  }

  /// Why an answer is not an agreement.
  public enum Refusal: Error, Equatable, Sendable {
    /// Another status than 101.
    case status(Int)
    /// The named field is missing or wrong.
    case field(String)
  }

  /// Checks the server's answer (RFC 6455, 4.1) and returns the compression it chose.
  public func check(_ answer: HTTPHead) throws(Refusal) -> DeflateParameters? {
    guard answer.startLine[0] == "HTTP/1.1", let status = Int(answer.startLine[1]), (100...599).contains(status) else {
      throw .field("status line")
    }
    guard status == 101 else { throw .status(status) }
    guard answer.list("upgrade").map({ $0.lowercased() }) == ["websocket"] else { throw .field("Upgrade") }
    guard answer.list("connection").contains(where: { $0.lowercased() == "upgrade" }) else {
      throw .field("Connection")
    }
    guard answer.single("sec-websocket-accept") == UpgradeKey.accept(for: key) else {
      throw .field("Sec-WebSocket-Accept")
    }
    guard answer.single("sec-websocket-protocol") == subprotocol, answer.count("sec-websocket-protocol") < 2 else {
      throw .field("Sec-WebSocket-Protocol")
    }
    guard answer.count("sec-websocket-extensions") > 0 else { return nil }
    guard extensions != nil, let field = answer.single("sec-websocket-extensions"),
      let parameters = DeflateParameters(answer: field)
    else { throw .field("Sec-WebSocket-Extensions") }
    return parameters
  }
}
