// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HTXDriver

@Suite struct HTXTurnClockTests {
  @Test("The clock goes on within a turn and begins each with the host's time")
  func goesOn() {
    var clock = TurnClock()
    for turn in [UInt64(1_000_000_000), 1_500_000_000, 90_000_000_000_000] {
      #expect(clock.read(turn: turn) == turn)
      #expect(clock.turn == turn)
      var last = turn
      // A clock that stands still would never leave this.
      while last == turn { last = clock.read(turn: turn) }
      #expect(clock.read(turn: turn) >= last)
    }
  }
}
