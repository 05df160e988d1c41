// SPDX-License-Identifier: Apache-2.0

/// A neighbour with an address: dialled whenever there is no connection, with growing pauses.
struct Dialler {
  let neighbour: NetworkSettings.Known
  let address: NetworkAddress
  /// The connection that is made or stands.
  var connection: UInt64?
  var failures = 0
  /// Nanoseconds of the host's clock.
  var nextAttempt: UInt64 = 0
  /// What was last said of it in the log.
  var lastProblem = ""

  /// A connection that stood so long, nanoseconds, makes the next attempt the first again.
  static let steady: UInt64 = 30_000_000_000

  init(_ neighbour: NetworkSettings.Known, _ address: NetworkAddress) {
    self.neighbour = neighbour
    self.address = address
  }

  /// The connection is over: 1, 2, 4 … 60 seconds until the next, a quarter more or less.
  mutating func ended(stoodFor time: UInt64, now: UInt64, random: UInt64) {
    connection = nil
    if time >= Self.steady { failures = 0 }
    let seconds = min(UInt64(1) << UInt64(min(failures, 6)), 60)
    failures += 1
    nextAttempt = now &+ seconds * 750_000_000 + random % (seconds * 500_000_000)
  }
}
