// SPDX-License-Identifier: Apache-2.0

/// How a site wants its tickets: carriers with their probabilities and the range of the padding (Betanet 1.1, 5.2).
public struct TicketPolicy: Hashable, Sendable {
  /// Shares of the carriers in thousandths; they add up to 1000.
  public let shares: [TicketCarrier: Int]
  /// Bytes of padding.
  public let padding: ClosedRange<Int>

  /// What holds where a site says nothing.
  public static let standard = TicketPolicy(uncheckedShares: [.cookie: 500, .query: 300, .body: 200], padding: 24...64)

  private init(uncheckedShares: [TicketCarrier: Int], padding: ClosedRange<Int>) {
    shares = uncheckedShares
    self.padding = padding
  }

  /// A policy; nil unless the shares are 0 or more and add up to 1000, and padding ends at most at 255.
  public init?(shares: [TicketCarrier: Int], padding: ClosedRange<Int>) {
    guard shares.values.allSatisfy({ (0...1000).contains($0) }), shares.values.reduce(0, +) == 1000,
      padding.lowerBound >= 0, padding.upperBound <= TicketPayload.maximumPadding
    else { return nil }
    self.init(uncheckedShares: shares.filter { $0.value > 0 }, padding: padding)
  }

  /// Reads a policy line such as `v1; carriers=cookie:0.5,query:0.3,body:0.2; len=24..64`, with or without
  /// `BN-Ticket:` before it. Members it does not know are skipped; nil when one that it knows cannot be read.
  public init?(_ line: some StringProtocol) {
    guard line.utf8.count <= 512 else { return nil }
    var members = line.split(separator: ";", omittingEmptySubsequences: false).map { Self.trimmed($0) }
    if members[0].lowercased().hasPrefix("bn-ticket:") { members[0] = Self.trimmed(members[0].dropFirst(10)) }
    guard members.removeFirst() == "v1" else { return nil }
    var shares: [TicketCarrier: Int]?
    var padding: ClosedRange<Int>?
    for member in members {
      let (name, value) = Self.halves(member, at: "=")
      switch name {
      case "carriers":
        guard shares == nil, let value, let read = Self.shares(value) else { return nil }
        shares = read
      case "len":
        guard padding == nil, let value, let read = Self.range(value) else { return nil }
        padding = read
      default: continue
      }
    }
    self.init(shares: shares ?? Self.standard.shares, padding: padding ?? Self.standard.padding)
  }

  /// The line without the header's name; carriers in the order cookie, query, body.
  public var line: String {
    let carriers = TicketCarrier.allCases.compactMap { carrier in
      shares[carrier].map { "\(carrier.rawValue):\(Self.decimal($0))" }
    }
    return "v1; carriers=\(carriers.joined(separator: ",")); len=\(padding.lowerBound)..\(padding.upperBound)"
  }

  /// The carrier for a random number from 0 to 999.
  func carrier(_ draw: Int) -> TicketCarrier {
    var left = draw
    for carrier in TicketCarrier.allCases {
      guard let share = shares[carrier] else { continue }
      if left < share { return carrier }
      left -= share
    }
    preconditionFailure("the shares of a policy add up to 1000")
  }

  private static func shares(_ text: Substring) -> [TicketCarrier: Int]? {
    var shares: [TicketCarrier: Int] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let (name, value) = halves(part, at: ":")
      guard let carrier = TicketCarrier(rawValue: String(name)), let value, let share = thousandths(value),
        shares.updateValue(share, forKey: carrier) == nil
      else { return nil }
    }
    return shares
  }

  private static func range(_ text: Substring) -> ClosedRange<Int>? {
    guard let dots = text.firstRange(of: ".."), let low = number(text[..<dots.lowerBound]),
      let high = number(text[dots.upperBound...]), low <= high
    else { return nil }
    return low...high
  }

  private static func number(_ text: Substring) -> Int? {
    guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text)
  }

  /// `0.25` as 250; at most three places, at most 1.
  private static func thousandths(_ text: Substring) -> Int? {
    let (whole, fraction) = halves(text, at: ".")
    guard let whole = number(whole), whole <= 1 else { return nil }
    guard let fraction else { return whole * 1000 }
    guard (1...3).contains(fraction.utf8.count), let places = number(fraction) else { return nil }
    return whole * 1000 + [100, 10, 1][fraction.utf8.count - 1] * places
  }

  private static func decimal(_ share: Int) -> String {
    guard share < 1000 else { return "1" }
    var digits = "\(1000 + share)".dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "0." + digits
  }

  private static func halves(_ text: Substring, at separator: Character) -> (Substring, Substring?) {
    guard let place = text.firstIndex(of: separator) else { return (text, nil) }
    return (text[..<place], text[text.index(after: place)...])
  }

  private static func trimmed(_ text: some StringProtocol) -> Substring {
    let text = Substring(text)
    guard let first = text.firstIndex(where: { $0 != " " }), let last = text.lastIndex(where: { $0 != " " }) else {
      return ""
    }
    return text[first...last]
  }
}
