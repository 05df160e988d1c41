import Glibc

/// Times of the Unix epoch as RFC 3339 text, without a calendar library.
public enum Timestamp {
  /// `2026-01-31T23:59:59.999Z` for milliseconds since 1970-01-01T00:00:00Z. Years 0 to 9999; others are clamped.
  public static func text(milliseconds: Int64) -> String {
    var line = LogLine()
    append(milliseconds: milliseconds, to: &line)
    return String(decoding: line.bytes, as: UTF8.self)
  }

  /// The wall clock in milliseconds since the epoch.
  public static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  static func append(milliseconds: Int64, to line: inout LogLine) {
    let clamped = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
    let day = clamped.quotientAndRemainder(dividingBy: 86_400_000)
    let days = day.remainder < 0 ? day.quotient - 1 : day.quotient
    let rest = Int(clamped - days * 86_400_000)
    let date = civil(days)
    line.append(padded: date.year, to: 4)
    line.append(byte: UInt8(ascii: "-"))
    line.append(padded: date.month, to: 2)
    line.append(byte: UInt8(ascii: "-"))
    line.append(padded: date.day, to: 2)
    line.append(byte: UInt8(ascii: "T"))
    line.append(padded: rest / 3_600_000, to: 2)
    line.append(byte: UInt8(ascii: ":"))
    line.append(padded: rest / 60_000 % 60, to: 2)
    line.append(byte: UInt8(ascii: ":"))
    line.append(padded: rest / 1000 % 60, to: 2)
    line.append(byte: UInt8(ascii: "."))
    line.append(padded: rest % 1000, to: 3)
    line.append(byte: UInt8(ascii: "Z"))
  }

  /// The date of a day since the epoch, in the proleptic Gregorian calendar. Years begin in March here, so that the
  /// leap day is the last; an era is 400 years of 146,097 days.
  private static func civil(_ days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = Int(shifted - era * 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let year = yearOfEra + Int(era) * 400 + (month >= 10 ? 1 : 0)
    return (year, month < 10 ? month + 3 : month - 9, day)
  }
}
