// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import MeshCommandLine

@Suite struct ProgressBarTests {
  let recorder = Recorder()
  let second: UInt64 = 1_000_000_000

  @Test func aTerminalSeesPercentSpeedAndTimeLeft() {
    var bar = ProgressBar("file.bin", total: 100 << 20, console: recorder.console(isTerminal: true))
    bar.update(0, now: 5 * second)
    bar.update(10 << 20, now: 6 * second)
    #expect(recorder.errorText.hasSuffix("10 %  10 MiB of 100 MiB  10 MiB/s  0:09 left\u{1B}[K"))
    bar.finish(100 << 20, now: 15 * second)
    #expect(recorder.errorText.hasSuffix("100 %  100 MiB of 100 MiB  10 MiB/s\u{1B}[K\n"))
  }

  @Test func aTerminalIsRedrawnAtMostTenTimesASecond() {
    var bar = ProgressBar("f", total: 1000, console: recorder.console(isTerminal: true))
    for step in 0..<1000 as Range<UInt64> { bar.update(step, now: second + step * 1_000_000) }
    #expect(recorder.errorText.split(separator: "\r").count == 10)
  }

  @Test func aLogGetsALineNowAndThen() {
    var bar = ProgressBar("f", total: 6000, console: recorder.console())
    for step in 0..<60 as Range<UInt64> { bar.update(step * 100, now: second * (1 + step)) }
    #expect(recorder.errorText.split(separator: "\n").count == 6)
    #expect(!recorder.errorText.contains("\u{1B}") && !recorder.errorText.contains("\r"))
  }

  @Test func aQuietBarWritesNothing() {
    var bar = ProgressBar("f", total: 10, console: recorder.console(isTerminal: true), isQuiet: true)
    bar.update(0, now: 0)
    bar.finish(10, now: second)
    #expect(recorder.error.isEmpty)
  }

  @Test func aResumedTransferCountsOnlyWhatItMoved() {
    var bar = ProgressBar("f", total: 200 << 20, console: recorder.console())
    bar.update(150 << 20, now: second)
    bar.finish(200 << 20, now: 6 * second)
    #expect(bar.speed == Double(10 << 20))
  }

  @Test func anyNumbersFitAnyWidth() {
    var generator = SeededGenerator(3)
    for _ in 0..<2000 {
      let total: UInt64? = Bool.random(using: &generator) ? UInt64.random(in: 0...UInt64.max, using: &generator) : nil
      var bar = ProgressBar("a-name-of-some-length.tar.gz", total: total, console: recorder.console(), isQuiet: true)
      var now: UInt64 = 0
      for _ in 0..<4 {
        now &+= UInt64.random(in: 0...(20 * second), using: &generator)
        bar.update(UInt64.random(in: 0...UInt64.max, using: &generator), now: now)
      }
      let width = Int.random(in: 40...200, using: &generator)
      #expect(bar.line(UInt64.random(in: 0...UInt64.max, using: &generator), width: width).count <= max(width, 76))
    }
  }

  @Test func hundredPercentMeansAllOfIt() {
    let bar = ProgressBar("f", total: 1_000_000, console: recorder.console())
    #expect(bar.line(999_999, width: 80).contains(" 99 %"))
    #expect(bar.line(0, width: 80).contains(" 0 %"))
  }
}
