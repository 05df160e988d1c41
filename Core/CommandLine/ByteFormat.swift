// SPDX-License-Identifier: Apache-2.0

/// Numbers of bytes as people read and type them.
public enum ByteFormat {
  /// `0 B`, `999 B`, `1.5 KiB`, `200 MiB`: binary units, three significant digits.
  public static func text(_ bytes: UInt64) -> String {
    if bytes < 1000 { return "\(bytes) B" }
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var value = Double(bytes) / 1024
    var unit = 0
    // 999.5 would be written with four digits.
    while value >= 999.5, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return "\(digits(value)) \(units[unit])"
  }

  /// At most three significant digits, without an exponent, for values below 1000.
  static func digits(_ value: Double) -> String {
    let decimals = value < 9.995 ? 100 : (value < 99.95 ? 10 : 1)
    let scaled = UInt64((value * Double(decimals)).rounded())
    let whole = scaled / UInt64(decimals)
    let fraction = scaled % UInt64(decimals)
    if fraction == 0 { return "\(whole)" }
    let padded = decimals == 100 && fraction < 10 ? "0\(fraction)" : "\(fraction)"
    return "\(whole).\(padded.hasSuffix("0") ? String(padded.dropLast()) : padded)"
  }

  /// Reads `4096`, `64k`, `64K`, `10MiB`, `1G`, `7B`; units are binary. Nil for anything else or above 2^64 - 1.
  public static func parse(_ text: String) -> UInt64? {
    let number = text.prefix { $0.isASCII && $0.isNumber }
    guard let value = UInt64(number) else { return nil }
    let shift: UInt64
    switch text.dropFirst(number.count).lowercased() {
    case "", "b": shift = 0
    case "k", "kb", "kib": shift = 10
    case "m", "mb", "mib": shift = 20
    case "g", "gb", "gib": shift = 30
    case "t", "tb", "tib": shift = 40
    default: return nil
    }
    let (result, overflow) = value.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : result
  }
}
