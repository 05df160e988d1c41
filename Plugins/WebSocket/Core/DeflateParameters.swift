// SPDX-License-Identifier: Apache-2.0

/// The parameters of permessage-deflate (RFC 7692, 7.1).
public struct DeflateParameters: Equatable, Sendable {
  /// The server starts each message with an empty window.
  public var serverNoContextTakeover = false
  /// The client starts each message with an empty window.
  public var clientNoContextTakeover = false
  /// Base-2 logarithm of the server's window, 9 to 15.
  public var serverMaxWindowBits = 15
  /// Base-2 logarithm of the client's window, 9 to 15.
  public var clientMaxWindowBits = 15
  /// A client that named a window for the server wants to see one in the answer (RFC 7692, 7.1.2.1).
  private var namesServerWindow = false

  /// Context takeover and full windows on both sides.
  public init() {}

  /// What a client offers first: it can also limit its own window.
  public static let offer = "permessage-deflate; client_max_window_bits"

  /// A server's view of one element of Sec-WebSocket-Extensions; nil when it is another extension or names what cannot
  /// be done. zlib cannot compress with a window of 2^8, so an offer that wants one is declined.
  public init?(offer: String) { self.init(offer, isAnswer: false) }

  /// A client's view of the server's choice; nil when the server chose what was not offered or broke the syntax.
  public init?(answer: String) { self.init(answer, isAnswer: true) }

  private init?(_ text: String, isAnswer: Bool) {
    let parts = text.split(separator: ";", omittingEmptySubsequences: false).map { HTTPHead.trim($0) }
    guard parts.first?.lowercased() == "permessage-deflate" else { return nil }
    var seen: Set<String> = []
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { HTTPHead.trim($0) }
      let name = pair[0].lowercased()
      let value = pair.count == 2 ? pair[1] : nil
      guard seen.insert(name).inserted else { return nil }
      switch (name, value) {
      case ("server_no_context_takeover", nil): serverNoContextTakeover = true
      case ("client_no_context_takeover", nil): clientNoContextTakeover = true
      case ("client_max_window_bits", nil) where !isAnswer: break
      case ("server_max_window_bits", let value?):
        guard let bits = Self.windowBits(value), bits > 8 || isAnswer else { return nil }
        serverMaxWindowBits = max(bits, 9)
        namesServerWindow = true
      case ("client_max_window_bits", let value?):
        guard let bits = Self.windowBits(value), bits > 8 || !isAnswer else { return nil }
        clientMaxWindowBits = max(bits, 9)
      default: return nil
      }
    }
  }

  /// The server's answer to the offer that this came from.
  public var answer: String {
    var text = "permessage-deflate"
    if serverNoContextTakeover { text += "; server_no_context_takeover" }
    if clientNoContextTakeover { text += "; client_no_context_takeover" }
    if serverMaxWindowBits < 15 || namesServerWindow { text += "; server_max_window_bits=\(serverMaxWindowBits)" }
    if clientMaxWindowBits < 15 { text += "; client_max_window_bits=\(clientMaxWindowBits)" }
    return text
  }

  private static func windowBits(_ text: String) -> Int? {
    let bare =
      text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
    guard !bare.hasPrefix("0"), !bare.hasPrefix("+"), let bits = Int(bare), (8...15).contains(bits) else { return nil }
    return bits
  }
}
