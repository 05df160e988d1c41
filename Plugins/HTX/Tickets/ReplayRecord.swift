// SPDX-License-Identifier: Apache-2.0

/// A piece of the replay memory as it lies in the plugin's durable store: at most 4,105 bytes under a key of its own.
public struct ReplayRecord: Equatable, Sendable {
  /// The key in the store; a later record with the same key replaces this one.
  public let key: String
  /// What is stored.
  public let bytes: [UInt8]

  init(place: Int, number: Int, bytes: [UInt8]) {
    key = Self.key(place: place, number: number)
    self.bytes = bytes
  }

  static func key(place: Int, number: Int) -> String { "replay/\(place)/\(number)" }
}
