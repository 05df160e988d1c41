// SPDX-License-Identifier: Apache-2.0
import TransportBytes

/// `ws://host:port/path` or `wss://host:port/path#pin=sha256:…` (RFC 6455, 3; the fragment is ours).
public struct WebSocketAddress: Equatable, Sendable {
  /// TLS or not.
  public var isSecure: Bool
  /// Name or literal, without brackets.
  public var host: String
  /// Port; 80 or 443 when the address names none.
  public var port: UInt16
  /// Path and query, "/" at least.
  public var path: String
  /// Text after `#pin=`, or nil.
  public var pin: String?

  /// Longest address that is read, bytes.
  public static let maximumBytes = 1024

  /// Reads an address; nil when it is not one.
  public init?(_ text: String) {
    guard text.utf8.count <= Self.maximumBytes, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    let rest: Substring
    if text.hasPrefix("wss://") {
      isSecure = true
      rest = text.dropFirst(6)
    } else if text.hasPrefix("ws://") {
      isSecure = false
      rest = text.dropFirst(5)
    } else {
      return nil
    }
    let withoutFragment: Substring
    if let mark = rest.firstIndex(of: "#") {
      let fragment = rest[rest.index(after: mark)...]
      guard fragment.hasPrefix("pin="), isSecure else { return nil }
      pin = String(fragment.dropFirst(4))
      withoutFragment = rest[..<mark]
    } else {
      withoutFragment = rest
    }
    let end = withoutFragment.firstIndex { $0 == "/" || $0 == "?" } ?? withoutFragment.endIndex
    let target = withoutFragment[end...]
    path = target.hasPrefix("/") ? String(target) : "/" + target
    guard let authority = Authority(withoutFragment[..<end]) else { return nil }
    host = authority.host
    port = authority.port ?? (isSecure ? 443 : 80)
  }

  /// The Host field of a request to this address.
  public var hostField: String {
    let literal = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? literal : "\(literal):\(port)"
  }
}
