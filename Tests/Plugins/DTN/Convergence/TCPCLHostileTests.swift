// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import TestSupport
import Testing

@Suite struct TCPCLHostileTests {
  static let established = TCPCLBytes.contact + TCPCLBytes.initiation(node: "dtn://peer/")

  static func session() -> TCPCLSession {
    let session = TCPCLSessionTests.session()
    _ = session.feed(established)
    _ = session.drain()
    return session
  }

  /// What breaks the protocol, and what is said of it before the end.
  static let violations: [(String, [UInt8], [UInt8])] = [
    ("an unknown message", [9], [6, 1, 9]),
    ("a middle without a beginning", TCPCLBytes.segment(flags: 0, 1, [1]), [6, 3, 1]),
    ("a second beginning", TCPCLBytes.segment(flags: 2, 1, [1]) + TCPCLBytes.segment(flags: 2, 2, [1]), [6, 3, 1]),
    ("two at once", TCPCLBytes.segment(flags: 2, 1, [1]) + TCPCLBytes.segment(flags: 0, 2, [1]), [6, 3, 1]),
    (
      "a number that is in use", TCPCLBytes.segment(flags: 3, 1, [1]) + TCPCLBytes.segment(flags: 3, 1, [1]), [6, 3, 1]
    ),
    ("an answer to nothing", [2, 3] + TCPCLBytes.number(0) + TCPCLBytes.number(1), [6, 3, 2]),
    ("a refusal of nothing", [3, 0] + TCPCLBytes.number(0), [6, 3, 3]),
    ("a second greeting", TCPCLBytes.initiation(node: "dtn://peer/"), [6, 3, 7]),
    ("a segment too large", [1, 3] + TCPCLBytes.number(0) + [0, 0, 0, 0] + TCPCLBytes.number(1 << 40), [5, 0, 5]),
    ("too many items", [1, 3] + TCPCLBytes.number(0) + [0xff, 0, 0, 0], [5, 0, 5]),
    ("a broken item", TCPCLBytes.segment(flags: 3, 0, extensions: [0, 0, 1, 0, 9, 1], [1]), [5, 0, 0]),
  ]

  @Test(arguments: violations) func aViolationIsAnsweredAndEndsTheSession(_ one: (String, [UInt8], [UInt8])) {
    let session = Self.session()
    let events = session.feed(one.1)
    guard case .ended(.violated)? = events.last else {
      Issue.record("\(one.0): \(events)")
      return
    }
    #expect(session.drain().suffix(one.2.count) == one.2[...], "\(one.0)")
    #expect(!session.wantsInput)
    #expect(session.feed([4]).isEmpty)
  }

  @Test func everyTruncationIsOnlyAnUnfinishedSession() {
    let length = [0, 0, 1, 0, 8] + TCPCLBytes.number(3)
    let whole =
      Self.established + TCPCLBytes.segment(flags: 2, 0, extensions: length, [1, 2]) + [4]
      + TCPCLBytes.segment(flags: 1, 0, [3]) + [5, 0, 3]
    for count in 0..<whole.count {
      let session = TCPCLSessionTests.session()
      let events = session.feed(Array(whole[..<count]))
      for event in events { if case .ended(let how) = event { Issue.record("\(count): \(how)") } }
    }
  }

  @Test(arguments: 0..<200 as Range<UInt64>) func noiseNeitherTrapsNorFillsMemory(_ seed: UInt64) {
    var random = SeededGenerator(seed)
    var stream = Self.established
    for transfer in 0..<20 as Range<UInt64> {
      stream += TCPCLBytes.segment(flags: 2, transfer, random.bytes(20)) + [4]
      stream += TCPCLBytes.segment(flags: 1, transfer, random.bytes(20))
    }
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      stream[Int.random(in: 0..<stream.count, using: &random)] = UInt8.random(in: .min...(.max), using: &random)
    }
    let session = TCPCLSessionTests.session { $0.unsettled = 3 }
    var bytes = 0
    while !stream.isEmpty, session.wantsInput {
      let piece = Array(stream.prefix(Int.random(in: 1...60, using: &random)))
      stream.removeFirst(piece.count)
      for event in session.feed(piece) {
        guard case .arrived(let transfer, let bundle) = event else { continue }
        bytes += bundle.count
        if Bool.random(using: &random) { session.settle(transfer, .stored, now: 0) }
      }
      if Bool.random(using: &random) { _ = session.drain() }
    }
    #expect(bytes <= 20 * 40)
  }

  @Test func tinySegmentsToAPeerThatReadsNothingEndInSilenceAndNotInMemory() {
    let session = Self.session()
    _ = session.feed(TCPCLBytes.segment(flags: 2, 0, []))
    let segments = (0..<1000).flatMap { _ in TCPCLBytes.segment(flags: 0, 0, []) }
    var rounds = 0
    while session.wantsInput, rounds < 1000 {
      _ = session.feed(segments)
      rounds += 1
    }
    #expect(rounds < 100)
    #expect(session.withOutput { $0.count } < 1 << 20)
  }
}
