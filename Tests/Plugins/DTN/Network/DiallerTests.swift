// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import BundleNetwork

@Suite struct DiallerTests {
  private func dialler() throws -> Dialler {
    let known = try #require(NetworkSettings.Known("dtn://b/ tcpcl://192.0.2.1"))
    return Dialler(known, try #require(known.address))
  }

  @Test func pausesGrowToAMinute() throws {
    var dialler = try dialler()
    var pauses: [UInt64] = []
    for _ in 0..<9 {
      dialler.ended(stoodFor: 0, now: 5_000, random: 0)
      pauses.append((dialler.nextAttempt - 5_000) / 750_000_000)
    }
    #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
  }

  @Test func aPauseIsAQuarterMoreOrLess() throws {
    for random in stride(from: UInt64(1), to: .max - (.max >> 6), by: Int(UInt64.max >> 6)) {
      var dialler = try dialler()
      dialler.ended(stoodFor: 0, now: 0, random: random)
      #expect((750_000_000..<1_250_000_000).contains(dialler.nextAttempt))
    }
  }

  @Test func aConnectionThatStoodBeginsAnew() throws {
    var dialler = try dialler()
    for _ in 0..<6 { dialler.ended(stoodFor: 1_000_000_000, now: 0, random: 0) }
    #expect(dialler.failures == 6)
    dialler.ended(stoodFor: Dialler.steady, now: 0, random: 0)
    #expect(dialler.nextAttempt == 750_000_000)
  }
}
