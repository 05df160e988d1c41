// SPDX-License-Identifier: Apache-2.0

/// How much may be in flight on an ordered lane, so that an urgent packet does not wait behind seconds of bulk.
///
/// The link below never says that it is full before its buffers are. What shows is delay: the window grows while a round
/// trip takes hardly longer than the shortest one seen, and shrinks when packets queue (the idea of TCP Vegas, Brakmo and
/// Peterson, 1995). Bytes and nanoseconds.
struct QueueLimiter {
  /// Queueing that is accepted; below it the window grows.
  static let target: UInt64 = 5_000_000
  static let smallest: UInt64 = 128 << 10
  /// Where it begins: 20 ms of 100 Mbit/s. It doubles with each round trip as long as nothing queues.
  static let first: UInt64 = 256 << 10

  /// What the window grows by in a round trip once it was too large.
  static let step: UInt64 = 32 << 10

  /// Bytes in flight that cost others next to nothing on any path.
  static let harmless: UInt64 = 8 << 10

  private(set) var window: UInt64
  /// What may be in flight of classes that yield: what the path holds without queueing, and a quarter more so that it is
  /// found out when it holds more.
  private(set) var yielding: UInt64 = Self.harmless
  private let largest: UInt64
  private var shortest: UInt64 = .max
  /// The shortest round trip is forgotten now and then, for paths change.
  private var shortestAt: UInt64 = 0
  private var adjustAt: UInt64 = 0
  private var hasQueued = false
  /// What the path was seen to hold.
  private var held: UInt64 = 0

  init(largest: UInt64) {
    self.largest = max(largest, Self.smallest)
    window = min(self.largest, Self.first)
  }

  /// - Parameter inFlight: before these were acknowledged.
  /// - Parameter roundTrip: of the newest packet acknowledged, without the time the peer held the acknowledgement back.
  /// - Parameter path: the shortest that any lane of the link has seen.
  mutating func acknowledged(_ bytes: UInt64, inFlight: UInt64, roundTrip: UInt64, path: UInt64, now: UInt64) {
    if roundTrip <= shortest || now >= shortestAt + 30_000_000_000 {
      shortest = roundTrip
      shortestAt = now
    }
    noteHeld(inFlight, roundTrip: roundTrip, path: path)
    let isLimited = inFlight * 2 >= window
    let queueing = roundTrip - shortest
    if queueing <= Self.target {
      // Doubled by the round trip until something queues, and then by a step: what queues next is that step.
      let growth = hasQueued ? max(bytes &* Self.step / window, 1) : bytes
      if isLimited { window = min(window + growth, largest) }
    } else if now >= adjustAt {
      hasQueued = true
      // Once a round trip, and never to less than half.
      window = max(
        window - min(window / 2, window * (queueing - Self.target) / (queueing + shortest + 1)), Self.smallest)
      adjustAt = now + roundTrip
    }
  }

  /// What is delivered in the shortest round trip (Little's law), smoothed: what delays a single packet need not be a
  /// queue.
  private mutating func noteHeld(_ inFlight: UInt64, roundTrip: UInt64, path: UInt64) {
    guard inFlight >= yielding / 2 else { return }
    let share = min(path, 60_000_000_000)
    let sample = inFlight &* share / max(roundTrip, share, 1)
    held = (held * 7 + sample) / 8
    yielding = max(held / 4 * 5, Self.harmless)
  }
}
