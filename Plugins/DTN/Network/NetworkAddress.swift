// SPDX-License-Identifier: Apache-2.0
import TransportBytes

/// Where a convergence layer is spoken: `tcpcl://host:port`, `mtcp://host:port` or `stcp://host:port`.
///
/// An address that is dialled may name the key of the server's certificate: `#pin=sha256:…`.
package struct NetworkAddress: Equatable, Sendable {
  /// What is spoken.
  package enum Layer: String, Sendable {
    case tcpcl, mtcp, stcp
  }

  package let layer: Layer
  /// A name or a literal, without brackets.
  package let host: String
  package let port: UInt16
  package let pin: String?

  /// Longest address, bytes.
  package static let maximumBytes = 512

  /// Nil for what is no such address.
  package init?(_ text: String) {
    guard text.utf8.count <= Self.maximumBytes, let colon = text.firstIndex(of: ":"),
      let layer = Layer(rawValue: String(text[..<colon]))
    else { return nil }
    var rest = text[text.index(after: colon)...]
    guard rest.hasPrefix("//") else { return nil }
    rest = rest.dropFirst(2)
    var pin: String?
    if let mark = rest.firstIndex(of: "#") {
      guard layer == .tcpcl, rest[mark...].hasPrefix("#pin=") else { return nil }
      pin = String(rest[mark...].dropFirst(5))
      rest = rest[..<mark]
    }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard let authority = Authority(rest) else { return nil }
    self.layer = layer
    self.pin = pin
    host = authority.host
    port = authority.port ?? Self.defaultPort(layer)
  }

  /// 4556 as registered, and for MTCP the one that uD3TN has.
  private static func defaultPort(_ layer: Layer) -> UInt16 { layer == .mtcp ? 4224 : 4556 }
}

extension NetworkAddress: CustomStringConvertible {
  /// The address without a pin.
  package var description: String { "\(layer.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
