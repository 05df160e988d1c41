// SPDX-License-Identifier: Apache-2.0

/// Lengths of time as people read and type them.
public enum DurationFormat {
  /// `0 s`, `250 µs`, `1.5 ms`, `12 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`: at most two units.
  public static func text(nanoseconds: UInt64) -> String {
    switch nanoseconds {
    case 0: return "0 s"
    case ..<1000: return "\(nanoseconds) ns"
    case ..<999_500: return "\(ByteFormat.digits(Double(nanoseconds) / 1e3)) µs"
    case ..<999_500_000: return "\(ByteFormat.digits(Double(nanoseconds) / 1e6)) ms"
    case ..<10_000_000_000: return "\(ByteFormat.digits(Double(nanoseconds) / 1e9)) s"
    default: break
    }
    let seconds = nanoseconds / 1_000_000_000 + (nanoseconds % 1_000_000_000 >= 500_000_000 ? 1 : 0)
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return pair(seconds, 60, "min", 1, "s") }
    if seconds < 86_400 { return pair(seconds, 3600, "h", 60, "min") }
    return pair(seconds, 86_400, "d", 3600, "h")
  }

  private static func pair(_ seconds: UInt64, _ large: UInt64, _ l: String, _ small: UInt64, _ s: String) -> String {
    let rest = seconds % large / small
    return "\(seconds / large) \(l)" + (rest == 0 ? "" : " \(rest) \(s)")
  }

  /// `0:07`, `12:30`, `3:05:09`: for time left, where the width should not jump.
  public static func clock(seconds: UInt64) -> String {
    func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if seconds < 3600 { return "\(seconds / 60):\(two(seconds % 60))" }
    return "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
  }

  /// Reads `250ms`, `10s`, `5m`, `5min`, `2h`, `7d`, `30us`; a bare number is seconds. Returns nanoseconds.
  public static func parse(_ text: String) -> UInt64? {
    let number = text.prefix { $0.isASCII && $0.isNumber }
    guard let value = UInt64(number) else { return nil }
    let unit: UInt64
    switch text.dropFirst(number.count) {
    case "ns": unit = 1
    case "us", "µs": unit = 1000
    case "ms": unit = 1_000_000
    case "", "s": unit = 1_000_000_000
    case "m", "min": unit = 60_000_000_000
    case "h": unit = 3_600_000_000_000
    case "d": unit = 86_400_000_000_000
    default: return nil
    }
    let (result, overflow) = value.multipliedReportingOverflow(by: unit)
    return overflow ? nil : result
  }
}
