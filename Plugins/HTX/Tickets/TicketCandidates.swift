// SPDX-License-Identifier: Apache-2.0

/// The places of a request where a ticket may be, read without caring about HTTP's version.
public enum TicketCandidates {
  /// The most values of one request that are looked at.
  public static let limit = 4

  /// Values of the right length in the query of `target`, in the `cookies` lines and in a posted form, in this order;
  /// at most four.
  public static func find(target: some StringProtocol, cookies: [String], form: String?) -> [String] {
    var found: [String] = []
    let target = String(target).utf8
    if let mark = target.firstIndex(of: UInt8(ascii: "?")) {
      collect(target[target.index(after: mark)...], UInt8(ascii: "&"), isNamed: true, &found)
    }
    for line in cookies { collect(line.utf8, UInt8(ascii: ";"), isNamed: false, &found) }
    if let form { collect(form.utf8, UInt8(ascii: "&"), isNamed: true, &found) }
    return found
  }

  /// Works on bytes: to find the characters of a text of that length costs as much as a key agreement.
  private static func collect(
    _ text: some BidirectionalCollection<UInt8>, _ separator: UInt8, isNamed: Bool, _ found: inout [String]
  ) {
    guard text.count <= 16_384 else { return }
    for pair in text.split(separator: separator) {
      guard found.count < limit else { return }
      guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let value = pair[pair.index(after: equals)...]
      guard TicketPayload.hasLength(value.count) else { continue }
      if isNamed, !pair[..<equals].elementsEqual(TicketCarrier.parameter.utf8) { continue }
      found.append(String(decoding: value, as: UTF8.self))
    }
  }
}
