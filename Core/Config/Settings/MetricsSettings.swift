/// `metrics:` figures for Prometheus.
public struct MetricsSettings: Equatable, Sendable {
  /// `host:port` to answer `GET /metrics` on, the host a numeric address; nil for no listener.
  public var listen: String?
  /// Whether an address other than loopback was permitted.
  public var allowsRemote: Bool

  /// The numeric host and port of `host:port` or `[v6]:port`, or nil when it is neither.
  public static func endpoint(_ text: String) -> (host: String, port: UInt16)? {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    let hexadecimal = "0123456789abcdefABCDEF:.".utf8
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":"), host.utf8.allSatisfy({ hexadecimal.contains($0) }) else { return nil }
      return (String(host), port)
    }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts.allSatisfy({ (1...3).contains($0.utf8.count) && UInt8($0) != nil }) else {
      return nil
    }
    return (String(host), port)
  }

  /// Whether a numeric host is of this machine only: 127.0.0.0/8 or ::1.
  static func isLoopback(_ host: String) -> Bool { host.hasPrefix("127.") || host == "::1" }
}
