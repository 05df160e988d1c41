// SPDX-License-Identifier: Apache-2.0

/// NewReno with pacing for datagram lanes, RFC 9002 section 7. Bytes and nanoseconds.
struct CongestionController {
  private let datagram: UInt64
  private(set) var window: UInt64
  private var threshold: UInt64 = .max
  /// Packets sent before this do not reduce the window once more.
  private var recoveryStart: UInt64 = 0
  private var credit: UInt64 = 0
  private(set) var nextSend: UInt64 = 0

  init(mtu: Int) {
    datagram = UInt64(mtu)
    window = min(10 * UInt64(mtu), max(14_720, 2 * UInt64(mtu)))
  }

  var minimumWindow: UInt64 { 2 * datagram }

  func allows(inFlight: UInt64, now: UInt64) -> Bool { inFlight + datagram <= window && now >= nextSend }

  /// Spreads the window over one round trip, at 5/4 of its rate, after a burst of ten packets.
  mutating func sent(_ bytes: UInt64, roundTrip: RoundTripEstimator, now: UInt64) {
    guard roundTrip.measured else { return }
    let gap = roundTrip.smoothed * bytes * 4 / (window * 5)
    let burst = 10 * gap
    let floor = now > burst ? now - burst : 0
    nextSend = max(nextSend, floor) + gap
  }

  mutating func acknowledged(_ bytes: UInt64, sentAt: UInt64, limited: Bool) {
    guard sentAt > recoveryStart || recoveryStart == 0, limited else { return }
    if window < threshold {
      window += bytes
    } else {
      credit += bytes * datagram
      window += credit / window
      credit %= window
    }
    window = min(window, 1 << 26)
  }

  mutating func lost(sentAt: UInt64, now: UInt64) {
    guard sentAt > recoveryStart else { return }
    recoveryStart = now
    window = max(window / 2, minimumWindow)
    threshold = window
  }

  /// RFC 9002 section 7.6: nothing arrived over a long time.
  mutating func collapse() {
    window = minimumWindow
    recoveryStart = 0
  }
}
