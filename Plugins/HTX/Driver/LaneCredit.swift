// SPDX-License-Identifier: Apache-2.0

/// What the host may send on one lane, and what of it counts against the link.
///
/// The link's credit is shared, so that the core's weights hold between classes that wait for each other. What stands in a
/// lane that the other end holds up waits for nobody here: the link gets its credit ahead of time, and gives it back as
/// that lane's packets leave.
struct LaneCredit {
  /// Packets and their bytes.
  struct Amount: Equatable {
    var frames: UInt32 = 0
    var bytes: UInt64 = 0
  }

  /// The host has credit of its own for this lane, so that what it holds is bounded.
  var hasOwn = false
  /// The other end gives it no window.
  var isHeldUp = false
  /// Taken from the host and not left.
  private(set) var outstanding = Amount()
  /// Left since the last `settle`.
  private var returned = Amount()
  /// Of what is outstanding: what the link has its credit back for already.
  private(set) var advanced = Amount()

  /// Whether so much stands here that it matters who holds it up: an eighth of what a link holds, so that all lanes that
  /// do not count leave some.
  func isMuch(of whole: Amount) -> Bool {
    outstanding.frames >= whole.frames / 8 || outstanding.bytes >= whole.bytes / 8
  }

  /// A packet was taken.
  mutating func took(_ bytes: UInt32) {
    outstanding.frames &+= 1
    outstanding.bytes &+= UInt64(bytes)
  }

  /// A packet has left.
  mutating func left(_ bytes: UInt32) {
    outstanding.frames &-= 1
    outstanding.bytes &-= UInt64(bytes)
    returned.frames &+= 1
    returned.bytes &+= UInt64(bytes)
  }

  /// Credit to be given now: to the lane, and to the link.
  mutating func settle(_ whole: Amount) -> (lane: Amount, link: Amount) {
    let due = returned
    returned = Amount()
    var kept = Amount(
      frames: min(advanced.frames, outstanding.frames), bytes: min(advanced.bytes, outstanding.bytes))
    if hasOwn, isHeldUp, isMuch(of: whole) { kept = outstanding }
    // What was advanced before was outstanding then: neither difference is below zero.
    let link = Amount(
      frames: due.frames &+ kept.frames &- advanced.frames, bytes: due.bytes &+ kept.bytes &- advanced.bytes)
    advanced = kept
    return (due, link)
  }
}
