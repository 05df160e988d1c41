// SPDX-License-Identifier: Apache-2.0
import HTXTickets
import TransportBytes
import TransportDriver
import TransportTLS

/// `htx://host:port/path#ticket=…&pin=sha256:…`, or the same with `htx+tcp`.
///
/// The fragment never leaves the machine: `ticket` is the site's ticket key (`TicketPublicKey.text`), `pin` its
/// certificate's key, `carriers` and `len` are those of its policy where it is not the standard one.
struct HTXAddress {
  /// Longest address that is read, bytes.
  static let maximumBytes = 1024

  let scheme: String
  let host: String
  let port: UInt16
  /// Without query; a slash at least.
  let path: String
  private(set) var pin: String?
  /// What it says; nil also when it says nothing that can be read.
  private(set) var key: PublicKeyPin?
  private(set) var ticket: TicketPublicKey?
  private(set) var policy = TicketPolicy.standard
  /// For `:authority`.
  let authority: String
  /// What the host is when it is no name.
  let literal: SocketAddress?

  /// Nil for what is no such address.
  init?(_ text: String) {
    guard text.utf8.count <= Self.maximumBytes, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text[colon...].hasPrefix("://")
    else { return nil }
    scheme = text[..<colon].lowercased()
    guard scheme == "htx" || scheme == "htx+tcp" else { return nil }
    let rest = text[colon...].dropFirst(3)
    let mark = rest.utf8.firstIndex(of: UInt8(ascii: "#")) ?? rest.endIndex
    let target = rest[..<mark]
    let slash = target.utf8.firstIndex(of: UInt8(ascii: "/")) ?? target.endIndex
    guard let authority = Authority(target[..<slash]), !target.utf8.contains(UInt8(ascii: "?")) else { return nil }
    host = authority.host
    port = authority.port ?? 443
    let written = host.contains(":") ? "[\(host)]" : host
    self.authority = port == 443 ? written : "\(written):\(port)"
    literal = SocketAddress(literal: host, port: port)
    path = slash == target.endIndex ? "/" : String(target[slash...])
    guard mark != rest.endIndex else { return }
    guard read(rest[rest.index(after: mark)...]) else { return nil }
  }

  private mutating func read(_ fragment: Substring) -> Bool {
    var policy = "v1"
    // Of bytes: all are ASCII, and to look for characters takes long.
    for bytes in fragment.utf8.split(separator: UInt8(ascii: "&")) {
      let member = Substring(bytes)
      guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else { return false }
      let value = member[member.index(after: equals)...]
      switch member[..<equals] {
      case "ticket":
        guard let key = TicketPublicKey(value) else { return false }
        ticket = key
      case "pin":
        pin = String(value)
        key = PublicKeyPin(String(value))
      case "carriers", "len": policy += "; \(member)"
      default: return false
      }
    }
    guard policy != "v1" else { return true }
    guard let policy = TicketPolicy(policy) else { return false }
    self.policy = policy
    return true
  }
}
