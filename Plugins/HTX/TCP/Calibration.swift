// SPDX-License-Identifier: Apache-2.0

/// What an origin's server began with, and when that was asked: a record of the plugin's store.
public struct Calibration: Equatable, Sendable {
  private static let version: UInt8 = 2
  private static let longestOrigin = 1024

  /// The address that was asked.
  public let origin: String
  /// Unix seconds.
  public let asked: Int64
  /// What it said.
  public let settings: ServerSettings
  /// Its HTTP/3; nil where it has none.
  public let alternative: AlternativeService?

  /// A fresh record.
  public init(origin: String, asked: Int64, _ settings: ServerSettings, _ alternative: AlternativeService?) {
    self.origin = origin
    self.asked = asked
    self.settings = settings
    self.alternative = alternative
  }

  /// Version, time, number of settings, six bytes for each, the alternative, all big-endian, and the origin. An alternative is its
  /// port (0: none), its age and flags.
  public var bytes: [UInt8] {
    var bytes = [Self.version]
    for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: asked >> Int64(shift))) }
    bytes.append(UInt8(settings.entries.count))
    for entry in settings.entries {
      let word = UInt64(entry.id) << 32 | UInt64(entry.value)
      for shift in stride(from: 40, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    let port = alternative?.port ?? 0
    let age = alternative?.maximumAge ?? 0
    bytes += [UInt8(port >> 8), UInt8(port & 0xFF)]
    for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: age >> UInt32(shift))) }
    bytes.append((alternative?.isPersistent == true ? 1 : 0) | (alternative?.isAlone == false ? 2 : 0))
    return bytes + origin.utf8
  }

  /// Reads a record; nil for what is none, or holds settings that are not taken.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count >= 17, bytes[0] == Self.version, bytes.count <= 17 + 8 * 6 + Self.longestOrigin else {
      return nil
    }
    func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
    let count = Int(bytes[9])
    guard count <= 8, bytes.count >= 17 + 6 * count else { return nil }
    let entries = (0..<count).map { index in
      let word = number(10 + 6 * index..<16 + 6 * index)
      return ServerSettings.Entry(UInt16(truncatingIfNeeded: word >> 32), UInt32(truncatingIfNeeded: word))
    }
    guard let settings = ServerSettings(entries) else { return nil }
    let end = 17 + 6 * count
    let (port, flags) = (UInt16(truncatingIfNeeded: number(end - 7..<end - 5)), bytes[end - 1])
    guard flags <= 3, let origin = String(validating: bytes[end...], as: UTF8.self) else { return nil }
    let alternative = AlternativeService(
      port: port, maximumAge: UInt32(truncatingIfNeeded: number(end - 5..<end - 1)), isPersistent: flags & 1 != 0,
      isAlone: flags & 2 == 0)
    self.init(
      origin: origin, asked: Int64(bitPattern: number(1..<9)), settings,
      port == 0 ? nil : alternative)
  }
}
