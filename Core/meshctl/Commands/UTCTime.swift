// SPDX-License-Identifier: Apache-2.0

/// Points in time as people read them.
enum UTCTime {
  /// `2026-11-21 04:02:19.250Z`, computed with the civil calendar from days since 1970 (H. Hinnant, 2014).
  static func text(milliseconds: UInt64) -> String {
    let seconds = min(milliseconds / 1000, 253_402_300_799)
    let days = Int(seconds / 86_400) + 719_468
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { pad(Int($0), 2) }.joined(separator: ":")
    let date = [pad(year, 4), pad(month, 2), pad(dayOfYear - (153 * shifted + 2) / 5 + 1, 2)].joined(separator: "-")
    return "\(date) \(clock).\(pad(Int(milliseconds % 1000), 3))Z"
  }

  private static func pad(_ number: Int, _ width: Int) -> String {
    String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
  }
}
