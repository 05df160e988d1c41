// SPDX-License-Identifier: Apache-2.0

/// The fixed form of a date in HTTP (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
public enum HTTPDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// The text of a Unix time in seconds, from 1970 to the year 9999.
  public static func text(_ unixSeconds: Int64) -> String {
    let seconds = min(max(unixSeconds, 0), 253_402_300_799)
    let day = seconds / 86_400
    let (year, month, date) = civil(day)
    let time = seconds % 86_400
    return String(unsafeUninitializedCapacity: 29) { bytes in
      var count = 0
      func put(_ text: String) {
        for byte in text.utf8 {
          bytes.initializeElement(at: count, to: byte)
          count += 1
        }
      }
      func put(_ number: Int64, _ digits: Int) {
        var rest = number
        for place in (count..<count + digits).reversed() {
          bytes.initializeElement(at: place, to: 48 + UInt8(rest % 10))
          rest /= 10
        }
        count += digits
      }
      put(days[Int(day % 7)])
      put(", ")
      put(date, 2)
      put(" ")
      put(months[Int(month) - 1])
      put(" ")
      put(year, 4)
      put(" ")
      put(time / 3600, 2)
      put(":")
      put(time / 60 % 60, 2)
      put(":")
      put(time % 60, 2)
      put(" GMT")
      return count
    }
  }

  /// The Unix time of a text in the fixed form; nil for any other, and for a date that there is not.
  public static func parse(_ text: String) -> Int64? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])),
      let date = number(parts[1], 2), let year = number(parts[3], 4), year >= 1970
    else { return nil }
    let clock = parts[4].split(separator: ":", omittingEmptySubsequences: false)
    guard clock.count == 3, let hour = number(clock[0], 2), let minute = number(clock[1], 2),
      let second = number(clock[2], 2)
    else { return nil }
    let seconds = daysSince1970(year, Int64(month) + 1, date) * 86_400 + hour * 3600 + minute * 60 + second
    // Whatever is out of its range, the day's name included, does not come out as it was.
    return seconds >= 0 && Self.text(seconds) == text ? seconds : nil
  }

  private static func number(_ text: Substring, _ digits: Int) -> Int64? {
    text.utf8.count == digits && text.utf8.allSatisfy { (48...57).contains($0) } ? Int64(text) : nil
  }

  /// Days from 1970 to a date of the Gregorian calendar; years begin in March here, so that leap days come last.
  private static func daysSince1970(_ year: Int64, _ month: Int64, _ date: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + date - 1
    return 365 * year + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
  }

  private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}
