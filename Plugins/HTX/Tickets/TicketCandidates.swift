// SPDX-License-Identifier: Apache-2.0

/// The places of a request where a ticket may be, read without caring about HTTP's version.
public enum TicketCandidates {
  /// The most values of one request that are looked at.
  public static let limit = 4

  /// Values of the right length in the query of `target`, in the `cookies` lines and in a posted form, in this order;
  /// at most four.
  public static func find(target: some StringProtocol, cookies: [String], form: String?) -> [String] {
    var found: [String] = []
    var target = String(target)
    target.withUTF8 { bytes in
      guard let mark = bytes.firstIndex(of: UInt8(ascii: "?")) else { return }
      collect(bytes[(mark + 1)...], UInt8(ascii: "&"), isNamed: true, &found)
    }
    for var line in cookies { line.withUTF8 { collect($0[...], UInt8(ascii: ";"), isNamed: false, &found) } }
    if var form { form.withUTF8 { collect($0[...], UInt8(ascii: "&"), isNamed: true, &found) } }
    return found
  }

  /// Works on bytes in one piece and makes no list of them: to find the characters of a text of that length costs as much
  /// as a key agreement, and the rest of it a tenth of one.
  private static func collect(
    _ text: Slice<UnsafeBufferPointer<UInt8>>, _ separator: UInt8, isNamed: Bool, _ found: inout [String]
  ) {
    guard text.count <= 16_384 else { return }
    var rest = text
    while !rest.isEmpty, found.count < limit {
      let pair = rest.prefix { $0 != separator }
      rest = rest[pair.endIndex...].dropFirst()
      guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let value = pair[(equals + 1)...]
      guard TicketPayload.hasLength(value.count) else { continue }
      if isNamed, !pair[..<equals].elementsEqual(TicketCarrier.parameter.utf8) { continue }
      found.append(String(decoding: value, as: UTF8.self))
    }
  }
}
