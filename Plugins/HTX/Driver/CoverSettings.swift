// SPDX-License-Identifier: Apache-2.0

/// What a link sends beside packets; everything is off unless it is configured.
struct CoverSettings {
  /// Most bytes of padding in one piece.
  static let largest = 16_384

  /// Nanoseconds of silence before a link says something; off when the maximum is 0.
  var keepAlive = DrawnRange(10_000_000_000, 0)
  /// Nanoseconds from the last packet to the padding that follows it.
  var paddingDelay = DrawnRange(200_000_000, 1_200_000_000)
  /// Most bytes of padding after such a silence; 0 for none.
  var idlePadding: UInt64 = 0
  /// Most bytes of padding behind packets that leave together; 0 for none.
  var recordPadding: UInt64 = 0

  /// Pages of other sites that are read beside a dialled link, so many of them each time.
  var origins: [HTXAddress] = []
  var originCount = 2
  /// Whether the page of the dialled site is read too.
  var visitsSite = false
  /// Nanoseconds from the beginning of a dial to that of a visit, and for which a visit stays.
  var visitDelay = DrawnRange(0, 1_000_000_000)
  var visitHold = DrawnRange(3_000_000_000, 15_000_000_000)

  var visitsPages: Bool { visitsSite || !origins.isEmpty }

  /// Whether a silent link ever sends something.
  var fillsSilence: Bool { idlePadding > 0 || !keepAlive.isOff }

  /// A size of padding: an even number, since a length of zero is two bytes.
  static func size(from least: UInt64, to most: UInt64, using random: inout some RandomNumberGenerator) -> Int {
    Int(UInt64.random(in: least...max(least, min(most, UInt64(largest))), using: &random)) & ~1
  }
}
