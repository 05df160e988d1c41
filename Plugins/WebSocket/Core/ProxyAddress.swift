// SPDX-License-Identifier: Apache-2.0
import TransportBytes

/// `http://[user:password@]host:port` or `socks5://[user:password@]host:port`.
public struct ProxyAddress: Sendable {
  /// How the proxy is asked.
  public enum Kind: Sendable {
    /// CONNECT of RFC 9110, 9.3.6.
    case http
    /// RFC 1928, with the password method of RFC 1929.
    case socks5
  }

  /// How the proxy is asked.
  public let kind: Kind
  /// Name or literal of the proxy.
  public let host: String
  /// Port of the proxy.
  public let port: UInt16
  /// User name and password, both at most 255 bytes, or nil.
  public let credentials: (user: String, password: String)?

  /// Reads an address; nil when it is not one.
  public init?(_ text: String) {
    var rest: Substring
    if text.hasPrefix("http://") {
      kind = .http
      rest = text.dropFirst(7)
    } else if text.hasPrefix("socks5://") {
      kind = .socks5
      rest = text.dropFirst(9)
    } else {
      return nil
    }
    if rest.hasSuffix("/") { rest.removeLast() }
    if let at = rest.lastIndex(of: "@") {
      let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, (1...255).contains(parts[0].utf8.count), parts[1].utf8.count <= 255 else { return nil }
      credentials = (String(parts[0]), String(parts[1]))
      rest = rest[rest.index(after: at)...]
    } else {
      credentials = nil
    }
    guard let authority = Authority(rest) else { return nil }
    host = authority.host
    port = authority.port ?? (kind == .http ? 8080 : 1080)
  }
}
