// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import MeshEventLoop

@Suite("Whether to look for events before a sleep")
struct WaitForecastTests {
  private static let short: UInt64 = 20_000
  private static let long: UInt64 = 1_000_000

  private struct Done: Equatable {
    var slept = 0
    var found = 0
    var vain = 0
  }

  /// What a loop did in `waits` waits, each of which an event ends after what `next` says, nanoseconds.
  private static func waits(_ waits: Int, _ forecast: inout WaitForecast, next: (Int) -> UInt64) -> Done {
    var done = Done()
    for index in 0..<waits {
      let time = next(index)
      if forecast.isLooking {
        let isFound = time <= WaitForecast.look
        forecast.looked(min(time, WaitForecast.look), hasEvents: isFound)
        if isFound { done.found += 1 } else { done.vain += 1 }
      } else {
        forecast.slept(time, hasEvents: true)
        done.slept += 1
      }
    }
    return done
  }

  @Test("Waits that are over at once make it look, and then it does not sleep any more")
  func dense() {
    var forecast = WaitForecast()
    let done = Self.waits(1000, &forecast) { _ in Self.short }
    #expect(done == Done(slept: Int(WaitForecast.run.lowerBound), found: 1000 - Int(WaitForecast.run.lowerBound)))
  }

  @Test("A few short waits between long ones never make it look", arguments: 1...7)
  func sparse(shortOnes: Int) {
    var forecast = WaitForecast()
    let done = Self.waits(10_000, &forecast) { $0 % (shortOnes + 1) == 0 ? Self.long : Self.short }
    #expect(done == Done(slept: 10_000))
  }

  @Test("When dense traffic ends, no more than two looks are in vain")
  func ends() {
    var forecast = WaitForecast()
    _ = Self.waits(5000, &forecast) { _ in Self.short }
    let done = Self.waits(5000, &forecast) { _ in Self.long }
    #expect(done.vain <= 2)
    #expect(!forecast.isLooking)
  }

  @Test("Sleeps that a deadline ended do not count, and take back short ones")
  func deadlines() {
    var forecast = WaitForecast()
    for index in 0..<10_000 { forecast.slept(Self.short, hasEvents: index % 8 != 7) }
    #expect(!forecast.isLooking)
  }

  @Test("A long sleep now and then does not keep it from looking again")
  func outliers() {
    var forecast = WaitForecast()
    _ = Self.waits(100, &forecast) { _ in Self.short }
    for _ in 0..<10 { forecast.looked(WaitForecast.look, hasEvents: false) }
    #expect(!forecast.isLooking)
    let done = Self.waits(3 * Int(WaitForecast.run.upperBound), &forecast) { $0 % 50 == 0 ? Self.long : Self.short }
    #expect(done.found > done.vain)
  }

  @Test("Where short sleeps go on and looks never find anything, next to none is left")
  func vain() {
    var forecast = WaitForecast()
    var looks = 0
    for _ in 0..<1_000_000 {
      if forecast.isLooking {
        forecast.looked(WaitForecast.look, hasEvents: false)
        looks += 1
      } else {
        forecast.slept(Self.short, hasEvents: true)
      }
    }
    #expect(looks <= 1_000_000 / Int(WaitForecast.run.upperBound) + 12)
    #expect(looks > 12, "it tries again now and then")
  }

  @Test("Looks that gave the processor to somebody who kept it soon are next to none, found they something or not")
  func crowded() {
    var forecast = WaitForecast()
    var looks = 0
    for _ in 0..<100_000 {
      if forecast.isLooking {
        forecast.looked(3_000_000, hasEvents: looks % 2 == 0)
        #expect(!forecast.isLooking)
        looks += 1
      } else {
        forecast.slept(Self.short, hasEvents: true)
      }
    }
    #expect(looks <= 100_000 / Int(WaitForecast.run.upperBound) + 4)
  }

  @Test("Whatever the waits are, looks in vain are few beside sleeps and finds", arguments: 0..<200 as Range<UInt64>)
  func bounded(seed: UInt64) {
    var generator = SeededGenerator(seed)
    var forecast = WaitForecast()
    var total = Done()
    for _ in 0..<20 {
      // Phases of traffic, from all short to all long.
      let shortOnes = UInt64.random(in: 0...16, using: &generator)
      let done = Self.waits(Int.random(in: 1...500, using: &generator), &forecast) { _ in
        UInt64.random(in: 0..<16, using: &generator) < shortOnes
          ? .random(in: 0...WaitForecast.shortSleep, using: &generator)
          : .random(in: WaitForecast.shortSleep...10 * Self.long, using: &generator)
      }
      total = Done(slept: total.slept + done.slept, found: total.found + done.found, vain: total.vain + done.vain)
      #expect(total.vain <= total.slept / Int(WaitForecast.run.lowerBound) + total.found / 2 + 1)
      #expect(WaitForecast.run.contains(forecast.needed))
      #expect(forecast.shortSleeps < forecast.needed)
    }
  }
}
