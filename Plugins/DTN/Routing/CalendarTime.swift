// SPDX-License-Identifier: Apache-2.0

/// Times of the Gregorian calendar in UTC.
package enum CalendarTime {
  /// Milliseconds of the bundle epoch from year, month, day, hour, minute and second; nil for a time that does not
  /// exist or lies before 2000.
  package static func milliseconds(_ parts: [Int]) -> UInt64? {
    guard parts.count == 6, (2000...9999).contains(parts[0]), (1...12).contains(parts[1]),
      (1...days(parts[0], parts[1])).contains(parts[2]), (0..<24).contains(parts[3]), (0..<60).contains(parts[4]),
      (0...60).contains(parts[5])
    else { return nil }
    var day = parts[2] - 1
    for month in 1..<parts[1] { day += days(parts[0], month) }
    let years = parts[0] - 2000
    // Leap days of the years before, 2000 among them.
    day += years * 365 + (years + 3) / 4 - (years + 99) / 100 + (years + 399) / 400
    return UInt64(((day * 24 + parts[3]) * 60 + parts[4]) * 60 + parts[5]) * 1000
  }

  /// Year, month, day, hour, minute and second, until the year 9999.
  package static func parts(_ milliseconds: UInt64) -> [Int] {
    let seconds = Int(min(milliseconds / 1000, 252_455_615_999))
    var day = seconds / 86_400
    var year = 2000
    while day >= yearDays(year) {
      day -= yearDays(year)
      year += 1
    }
    var month = 1
    while day >= days(year, month) {
      day -= days(year, month)
      month += 1
    }
    return [year, month, day + 1, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60]
  }

  private static func yearDays(_ year: Int) -> Int { days(year, 2) == 29 ? 366 : 365 }

  private static func days(_ year: Int, _ month: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
