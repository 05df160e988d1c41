// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXQUIC

/// What an origin's server of HTTP/3 began with, and when that was asked: a record of the plugin's store.
public struct HTTP3Calibration: Equatable, Sendable {
  private static let version: UInt8 = 1
  private static let longestOrigin = 1024
  /// Bytes before the settings: version, time, their number.
  private static let header = 10
  /// Bytes of the parameters: twelve numbers.
  private static let tail = 12 * 8

  /// The address that was asked.
  public let origin: String
  /// Unix seconds.
  public let asked: Int64
  /// What it said.
  public let said: HTTP3ServerSettings

  /// A fresh record.
  public init(origin: String, asked: Int64, _ said: HTTP3ServerSettings) {
    self.origin = origin
    self.asked = asked
    self.said = said
  }

  private static var members: [WritableKeyPath<TransportParameters, UInt64>] {
    [
      \.idleTimeout, \.payloadSize, \.connectionWindow, \.localStreamWindow, \.remoteStreamWindow,
      \.oneWayStreamWindow, \.bidirectionalStreams, \.unidirectionalStreams, \.acknowledgementExponent,
      \.acknowledgementDelay, \.connectionIDs, \.datagramSize,
    ]
  }

  /// Version, time, number of settings, sixteen bytes for each, the parameters, and the origin; numbers are big-endian.
  public var bytes: [UInt8] {
    var bytes = [Self.version]
    func add(_ value: UInt64) {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
      }
    }
    add(UInt64(bitPattern: asked))
    bytes.append(UInt8(said.settings.count))
    for setting in said.settings {
      add(setting.id)
      add(setting.value)
    }
    for member in Self.members { add(said.parameters[keyPath: member]) }
    return bytes + origin.utf8
  }

  /// Reads a record; nil for what is none, or holds what is not taken.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.header + Self.tail, bytes[0] == Self.version, bytes[9] <= 16 else { return nil }
    var at = 1
    func number() -> UInt64 {
      defer { at += 8 }
      return bytes[at..<at + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    let asked = Int64(bitPattern: number())
    at = Self.header
    let count = Int(bytes[9])
    let rest = bytes.count - Self.header - 16 * count - Self.tail
    guard (0...Self.longestOrigin).contains(rest) else { return nil }
    let settings = (0..<count).map { _ in HTTP3Setting(number(), number()) }
    var parameters = TransportParameters()
    for member in Self.members { parameters[keyPath: member] = number() }
    guard settings.allSatisfy({ $0.id >> 62 == 0 && $0.value >> 62 == 0 }),
      let said = HTTP3ServerSettings(settings, parameters), let origin = String(validating: bytes[at...], as: UTF8.self)
    else { return nil }
    self.init(origin: origin, asked: asked, said)
  }
}
