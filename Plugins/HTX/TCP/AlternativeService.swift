// SPDX-License-Identifier: Apache-2.0

/// What a site says of its own HTTP/3 in a field `Alt-Svc` (RFC 7838, 3).
public struct AlternativeService: Equatable, Sendable {
  /// Longest value that is read, bytes.
  private static let longest = 1024

  /// The UDP port, on the host that said so.
  public let port: UInt16
  /// Seconds for which it holds; a day where nothing is said.
  public private(set) var maximumAge: UInt32 = 86_400
  /// Whether it outlives a change of network.
  public private(set) var isPersistent = false
  /// Whether it is the whole list, so that it can be said again by another site.
  public private(set) var isAlone = true

  /// HTTP/3 on `port` of the same host.
  public init(port: UInt16, maximumAge: UInt32 = 86_400, isPersistent: Bool = false, isAlone: Bool = true) {
    (self.port, self.maximumAge) = (port, maximumAge)
    (self.isPersistent, self.isAlone) = (isPersistent, isAlone)
  }

  /// The first HTTP/3 of the same host in a value; nil where there is none.
  public init?(_ value: String) {
    guard value.utf8.count <= Self.longest else { return nil }
    var found: AlternativeService?
    var members = 0
    for member in Self.split(value, at: ",") {
      members += 1
      if found == nil { found = AlternativeService(member: member) }
    }
    guard var found else { return nil }
    if members > 1 { found.isAlone = false }
    self = found
  }

  /// One member of the list: `h3=":443"`, then parameters.
  private init?(member: Substring) {
    var parts = Self.split(member, at: ";")[...]
    guard let first = parts.popFirst(), let (name, authority) = Self.pair(first), name == "h3", authority.first == ":",
      let port = UInt16(authority.dropFirst()), port > 0
    else { return nil }
    self.init(port: port)
    for part in parts {
      guard let (name, value) = Self.pair(part) else { return nil }
      switch name {
      case "ma":
        guard let age = UInt32(value) else { return nil }
        maximumAge = age
      case "persist" where value == "1": isPersistent = true
      default: isAlone = false
      }
    }
  }

  /// The value that says the same of another port.
  public func text(port: UInt16) -> String {
    "h3=\":\(port)\"; ma=\(maximumAge)\(isPersistent ? "; persist=1" : "")"
  }

  /// Name and value, without quotes, white space around either taken away.
  private static func pair(_ text: Substring) -> (name: Substring, value: Substring)? {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    var value = trim(text[text.index(after: equals)...])
    if value.first == "\"" {
      guard value.count >= 2, value.last == "\"" else { return nil }
      value = value.dropFirst().dropLast()
    }
    return (trim(text[..<equals]), value)
  }

  private static func trim(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }

  /// The parts between separators that stand in no quotes.
  private static func split(_ text: some StringProtocol, at separator: Character) -> [Substring] {
    var isQuoted = false
    return Substring(text).split(omittingEmptySubsequences: false) { character in
      if character == "\"" { isQuoted.toggle() }
      return character == separator && !isQuoted
    }
  }
}
