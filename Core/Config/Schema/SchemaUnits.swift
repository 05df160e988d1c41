/// Numbers with units, as they are written in the file.
public enum SchemaUnits {
  private static let durations: [(suffix: String, factor: Int64)] = [
    ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
    ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
  ]
  private static let sizes: [(suffix: String, factor: Int64)] = [
    ("TiB", 1 << 40), ("TB", 1_000_000_000_000), ("GiB", 1 << 30), ("GB", 1_000_000_000), ("MiB", 1 << 20),
    ("MB", 1_000_000), ("KiB", 1 << 10), ("KB", 1_000), ("kB", 1_000), ("B", 1),
  ]

  /// A decimal number, or nil when it is none or does not fit.
  public static func integer(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    let digits = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes[...]
    guard !digits.isEmpty, digits.count <= 19, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int64(text)
  }

  /// Nanoseconds from `500ms`, `10s`, `5m`, `1h`, `0`; nil when it is no duration or does not fit.
  public static func nanoseconds(_ text: String) -> Nanoseconds? {
    text == "0" ? 0 : scaled(text, durations)
  }

  /// Bytes from `64KiB`, `1MB`, `4096`; nil when it is no size or does not fit.
  public static func bytes(_ text: String) -> Int64? {
    guard let number = integer(text) else { return scaled(text, sizes) }
    return number >= 0 ? number : nil
  }

  /// Shortest exact way to write nanoseconds.
  public static func duration(_ value: Int64) -> String {
    value == 0 ? "0s" : written(value, durations)
  }

  /// Shortest exact way to write bytes.
  public static func size(_ value: Int64) -> String {
    value == 0 ? "0" : written(value, sizes.filter { $0.suffix.hasSuffix("iB") || $0.suffix == "B" })
  }

  static func plain(_ value: Int64) -> String { String(value) }

  private static func scaled(_ text: String, _ units: [(suffix: String, factor: Int64)]) -> Int64? {
    let digits = text.utf8.prefix { (48...57).contains($0) }
    guard !digits.isEmpty, let number = Int64(String(decoding: digits, as: UTF8.self)) else { return nil }
    let suffix = String(decoding: text.utf8.dropFirst(digits.count), as: UTF8.self)
    guard let unit = units.first(where: { $0.suffix == suffix }) else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit.factor)
    return overflow ? nil : product
  }

  private static func written(_ value: Int64, _ units: [(suffix: String, factor: Int64)]) -> String {
    let unit = units.first { value % $0.factor == 0 } ?? units[units.count - 1]
    return String(value / unit.factor) + unit.suffix
  }
}
