// SPDX-License-Identifier: Apache-2.0

/// The places of a request where a ticket may be, read without caring about HTTP's version.
public enum TicketCandidates {
  /// The most values of one request that are looked at.
  public static let limit = 4

  /// Values of the right length in the query of `target`, in the `cookies` lines and in a posted form, in this order;
  /// at most four.
  public static func find(target: some StringProtocol, cookies: [String], form: String?) -> [String] {
    var found: [String] = []
    if let mark = target.firstIndex(of: "?") { collect(target[target.index(after: mark)...], "&", true, &found) }
    for line in cookies { collect(line[...], ";", false, &found) }
    if let form { collect(form[...], "&", true, &found) }
    return found
  }

  private static func collect(
    _ text: some StringProtocol, _ separator: Character, _ named: Bool, _ found: inout [String]
  ) {
    guard text.utf8.count <= 16_384 else { return }
    for pair in text.split(separator: separator) {
      guard found.count < limit else { return }
      guard let equals = pair.firstIndex(of: "=") else { continue }
      let value = pair[pair.index(after: equals)...]
      guard TicketPayload.hasLength(value.utf8.count) else { continue }
      if named, pair[..<equals] != TicketCarrier.parameter { continue }
      found.append(String(value))
    }
  }
}
