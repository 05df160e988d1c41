// SPDX-License-Identifier: Apache-2.0

/// What a server agrees to (RFC 6455, 4.2).
public struct UpgradePolicy: Sendable {
  /// The only request target that is served, or nil for any.
  public var path: String?
  /// The subprotocol that a client has to offer, or nil for none.
  public var subprotocol: String?
  /// Values of Origin that are let in; a request without that field comes from no browser and passes.
  public var origins: [String]
  /// Whether permessage-deflate is negotiated.
  public var compression: Bool

  /// A policy that refuses every browser unless `origins` names where its page came from; "*" stands for all.
  public init(path: String? = nil, subprotocol: String? = nil, origins: [String] = [], compression: Bool = false) {
    self.path = path
    self.subprotocol = subprotocol
    self.origins = origins
    self.compression = compression
  }

  /// The answer to one request.
  public enum Answer: Sendable {
    /// Send the bytes; frames follow.
    case accept(bytes: [UInt8], compression: DeflateParameters?)
    /// Send the bytes and close.
    case refuse(status: Int, bytes: [UInt8])
  }

  /// Judges a request.
  public func answer(to request: HTTPHead) -> Answer {
    guard request.startLine.count == 3, request.startLine[2] == "HTTP/1.1" else {
      return Self.refusal(400, "Only HTTP/1.1.")
    }
    guard request.startLine[0] == "GET" else { return Self.refusal(405, "Only GET.", extra: "Allow: GET\r\n") }
    guard let host = request.single("host"), !host.isEmpty else { return Self.refusal(400, "One Host is needed.") }
    guard request.count("transfer-encoding") == 0, request.list("content-length").allSatisfy({ $0 == "0" }) else {
      return Self.refusal(400, "No content is taken.")
    }
    if let path, request.startLine[1] != path { return Self.refusal(404, "Nothing here.") }
    guard request.list("upgrade").contains(where: { $0.lowercased() == "websocket" }),
      request.list("connection").contains(where: { $0.lowercased() == "upgrade" })
    else { return Self.refusal(426, "A WebSocket is served here.", extra: "Sec-WebSocket-Version: 13\r\n") }
    guard request.single("sec-websocket-version") == "13" else {
      return Self.refusal(426, "Version 13 is served here.", extra: "Sec-WebSocket-Version: 13\r\n")
    }
    guard let key = request.single("sec-websocket-key"), UpgradeKey.isValid(key) else {
      return Self.refusal(400, "The key is not 16 bytes in base 64.")
    }
    if request.count("origin") > 0, !origins.contains("*") {
      guard let origin = request.single("origin"), origins.contains(origin) else {
        return Self.refusal(403, "This origin is not let in.")
      }
    }
    if let subprotocol, !request.list("sec-websocket-protocol").contains(subprotocol) {
      return Self.refusal(400, "The subprotocol \(subprotocol) is needed.")
    }
    return agreement(key: key, request: request)
  }

  /// The answer to what is not even a head.
  public static func answer(to fault: HTTPHead.Fault) -> Answer {
    switch fault {
    case .tooLarge: refusal(431, "The header is too large.")
    case .malformed: refusal(400, "Not HTTP.")
    }
  }

  private func agreement(key: String, request: HTTPHead) -> Answer {
    var text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    text += "Sec-WebSocket-Accept: \(UpgradeKey.accept(for: key))\r\n"
    if let subprotocol { text += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
    var chosen: DeflateParameters?
    if compression {
      chosen = request.list("sec-websocket-extensions").lazy.compactMap { DeflateParameters(offer: $0) }.first
    }
    if let chosen { text += "Sec-WebSocket-Extensions: \(chosen.answer)\r\n" }
    return .accept(bytes: Array((text + "\r\n").utf8), compression: chosen)
  }

  private static func refusal(_ status: Int, _ sentence: String, extra: String = "") -> Answer {
    let reason =
      switch status {
      case 403: "Forbidden"
      case 404: "Not Found"
      case 405: "Method Not Allowed"
      case 426: "Upgrade Required"
      case 431: "Request Header Fields Too Large"
      default: "Bad Request"
      }
    let upgrade = status == 426 ? "Upgrade: websocket\r\n" : ""
    var text = "HTTP/1.1 \(status) \(reason)\r\n\(upgrade)Connection: \(status == 426 ? "upgrade, " : "")close\r\n"
    text += "\(extra)Content-Type: text/plain\r\nContent-Length: \(sentence.utf8.count + 1)\r\n\r\n\(sentence)\n"
    return .refuse(status: status, bytes: Array(text.utf8))
  }
}
