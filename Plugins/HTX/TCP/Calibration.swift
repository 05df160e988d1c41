// SPDX-License-Identifier: Apache-2.0

/// What an origin's server began with, and when that was asked: a record of the plugin's store.
public struct Calibration: Equatable, Sendable {
  private static let version: UInt8 = 1
  private static let longestOrigin = 1024

  /// The address that was asked.
  public let origin: String
  /// Unix seconds.
  public let asked: Int64
  /// What it said.
  public let settings: ServerSettings

  /// A fresh record.
  public init(origin: String, asked: Int64, _ settings: ServerSettings) {
    self.origin = origin
    self.asked = asked
    self.settings = settings
  }

  /// Version, time, number of settings, six bytes for each, all big-endian, and the origin.
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
    return bytes + origin.utf8
  }

  /// Reads a record; nil for what is none, or holds settings that are not taken.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count >= 10, bytes[0] == Self.version, bytes.count <= 10 + 8 * 6 + Self.longestOrigin else {
      return nil
    }
    func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
    let count = Int(bytes[9])
    guard count <= 8, bytes.count >= 10 + 6 * count else { return nil }
    let entries = (0..<count).map { index in
      let word = number(10 + 6 * index..<16 + 6 * index)
      return ServerSettings.Entry(UInt16(truncatingIfNeeded: word >> 32), UInt32(truncatingIfNeeded: word))
    }
    guard let settings = ServerSettings(entries) else { return nil }
    self.init(
      origin: String(decoding: bytes[(10 + 6 * count)...], as: UTF8.self), asked: Int64(bitPattern: number(1..<9)),
      settings)
  }
}
