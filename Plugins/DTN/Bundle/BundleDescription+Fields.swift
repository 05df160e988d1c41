// SPDX-License-Identifier: Apache-2.0

extension BundleDescription {
  static func fields(_ block: PrimaryBlock, fits: Bool) -> [(name: String, value: String)] {
    var fields: [(name: String, value: String)] = [
      ("destination", "\(block.destination)"), ("source", "\(block.source)"), ("report to", "\(block.reportTo)"),
      ("created", time(block.timestamp.time)), ("sequence", "\(block.timestamp.sequence)"),
      ("lifetime", "\(block.lifetime) ms"), ("flags", names(block.flags)), ("checksum", name(block.checksum, fits)),
    ]
    if let fragment = block.fragment {
      fields.append(("fragment", "from byte \(fragment.offset) of \(fragment.total)"))
    }
    return fields
  }

  static func fields(
    _ block: CanonicalBlock, fits: Bool, limits: BundleLimits
  ) -> [(name: String, value: String)] {
    var fields: [(name: String, value: String)] = [
      ("number", "\(block.number)"), ("flags", names(block.flags)), ("checksum", name(block.checksum, fits)),
    ]
    fields.append(content(block, limits))
    return fields
  }

  private static func content(_ block: CanonicalBlock, _ limits: BundleLimits) -> (name: String, value: String) {
    let unreadable = ("content", "cannot be read: \(hexadecimal(block.data))")
    func read<Value>(_ body: (inout ItemReader) throws(BundleError) -> Value) -> Value? {
      block.data.withUnsafeBytes { bytes in
        var reader = ItemReader(bytes)
        guard let value = try? body(&reader), reader.isAtEnd else { return nil }
        return value
      }
    }
    switch block.type {
    case .payload: return ("payload", "\(block.data.count) bytes: \(hexadecimal(block.data))")
    case .previousNode:
      let node = read { reader throws(BundleError) in try EndpointID(from: &reader, limits: limits) }
      return node.map { ("node", "\($0)") } ?? unreadable
    case .bundleAge:
      let age = read { reader throws(BundleError) in try reader.unsigned("an age") }
      return age.map { ("age", "\($0) ms") } ?? unreadable
    case .hopCount:
      let hops = read { reader throws(BundleError) in try HopCount(from: &reader) }
      return hops.map { ("hops", "\($0.count) of \($0.limit)") } ?? unreadable
    case .integrity, .confidentiality:
      guard let security = try? SecurityBlock(block.data, limits: limits) else { return unreadable }
      let targets = security.targets.map { "\($0)" }.joined(separator: ", ")
      return ("security", "context \(security.context) over blocks \(targets) by \(security.source)")
    default: return ("content", "\(block.data.count) bytes: \(hexadecimal(block.data))")
    }
  }

  static func name(_ type: BlockType) -> String {
    switch type {
    case .payload: "payload block"
    case .previousNode: "previous node block"
    case .bundleAge: "bundle age block"
    case .hopCount: "hop count block"
    case .integrity: "integrity block"
    case .confidentiality: "confidentiality block"
    default: "block of type \(type.rawValue)"
    }
  }

  private static func name(_ checksum: ChecksumType, _ fits: Bool) -> String {
    let word = fits ? "fits" : "does not fit"
    return switch checksum {
    case .none: "none"
    case .crc16: "CRC-16, \(word)"
    case .crc32c: "CRC-32C, \(word)"
    }
  }

  /// What an administrative record says.
  static func record(_ data: [UInt8], _ limits: BundleLimits) -> [(name: String, value: String)] {
    guard let report = try? StatusReport.read(data, limits: limits) else {
      return [("record", "no status report that can be read")]
    }
    let words = [
      ("received", report.received), ("forwarded", report.forwarded), ("delivered", report.delivered),
      ("deleted", report.deleted),
    ].filter(\.1.isTrue).map { name, said in said.time.map { "\(name) \(time($0))" } ?? name }
    return [
      ("report on", "\(report.subject)"), ("says", words.isEmpty ? "nothing" : words.joined(separator: ", ")),
      ("reason", "\(report.reason.rawValue)"),
    ]
  }

  private static func names(_ flags: BundleFlags) -> String {
    list(
      flags.rawValue,
      [
        (BundleFlags.fragment.rawValue, "fragment"), (BundleFlags.administrative.rawValue, "administrative record"),
        (BundleFlags.mustNotFragment.rawValue, "must not be cut"), (BundleFlags.acknowledge.rawValue, "acknowledge"),
        (BundleFlags.statusTime.rawValue, "times in reports"),
        (BundleFlags.reportReception.rawValue, "report reception"),
        (BundleFlags.reportForwarding.rawValue, "report forwarding"),
        (BundleFlags.reportDelivery.rawValue, "report delivery"),
        (BundleFlags.reportDeletion.rawValue, "report deletion"),
      ])
  }

  private static func names(_ flags: BlockFlags) -> String {
    list(
      flags.rawValue,
      [
        (BlockFlags.replicate.rawValue, "in every fragment"),
        (BlockFlags.reportUnprocessed.rawValue, "report if unknown"),
        (BlockFlags.deleteBundle.rawValue, "delete the bundle if unknown"),
        (BlockFlags.discardBlock.rawValue, "discard if unknown"),
      ])
  }

  private static func list(_ flags: UInt64, _ known: [(bit: UInt64, name: String)]) -> String {
    var names = known.filter { flags & $0.bit != 0 }.map { $0.name }
    let unknown = flags & ~known.reduce(0) { $0 | $1.bit }
    if unknown != 0 { names.append("unknown 0x\(String(unknown, radix: 16))") }
    return names.isEmpty ? "none" : names.joined(separator: ", ")
  }

  /// The first bytes.
  static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    let shown = bytes.prefix(32).map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined()
    return bytes.count > 32 ? shown + "…" : shown
  }

  /// A time of the bundle epoch in the calendar, by the civil-from-days algorithm of Howard Hinnant.
  static func time(_ milliseconds: UInt64) -> String {
    guard milliseconds > 0 else { return "without a clock" }
    guard milliseconds < 1 << 47 else { return "\(milliseconds) ms" }
    let seconds = milliseconds / 1000
    // Days since 0000-03-01; 2000-03-01 is 730,485 days after it.
    let days = Int(seconds / 86_400) + 730_425
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func padded(_ number: Int, _ width: Int = 2) -> String {
      String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
    }
    let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { padded(Int($0)) }.joined(separator: ":")
    let day = "\(padded(year, 4))-\(padded(month))-\(padded(dayOfYear - (153 * shifted + 2) / 5 + 1))"
    return "\(day)T\(clock).\(padded(Int(milliseconds % 1000), 3))Z"
  }
}
