// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import TestSupport
import Testing

@Suite struct DescriptionTests {
  static func sample() -> Bundle {
    var bundle = Bundle(
      primary: PrimaryBlock(
        destination: .dtn("//b/x"), source: .dtn("//a/y"),
        timestamp: CreationTimestamp(time: 846_498_896_789, sequence: 3),
        lifetime: 60_000, flags: .reportDelivery), payload: Array("hello".utf8))
    bundle.hopCount = HopCount(limit: 9, count: 2)
    return bundle
  }

  @Test func aSoundBundleIsShownBlockByBlock() {
    let description = BundleDescription(Self.sample().encoded)
    #expect(description.faults.isEmpty)
    #expect(description.parts.map { $0.title } == ["primary block", "hop count block", "payload block"])
    #expect(description.parts.reduce(2) { $0 + $1.size } == description.size)
    for line in [
      "  destination:   dtn://b/x", "  created:       2026-10-28T10:34:56.789Z", "  flags:         report delivery",
      "  hops:          2 of 9", "  payload:       5 bytes: 68656c6c6f", "valid",
    ] { #expect(description.text.split(separator: "\n").contains(Substring(line)), "\(line)") }
  }

  @Test func whatIsWrongIsSaidWhereItIsAndTheRestIsStillShown() {
    var bytes = Self.sample().encoded
    bytes[bytes.count - 10] ^= 1
    let description = BundleDescription(bytes)
    #expect(description.faults.count == 1)
    #expect(description.parts.count == 3)
    #expect(description.parts[0].fault == nil && description.parts[1].fault == nil)
    #expect(description.parts[2].fault?.contains("checksum") == true)
    #expect(description.text.contains("not valid: "))
    // What can be read of it is shown all the same.
    #expect(description.parts[2].title == "payload block")
    for line in ["  payload:       5 bytes: ", "  checksum:      CRC-32C, does not fit"] {
      #expect(description.text.contains(line), "\(line)")
    }
  }

  @Test func aWrongPrimaryBlockIsShownAsFarAsItCanBeRead() {
    var bytes = Self.sample().encoded
    // A letter of the destination's name.
    bytes[bytes.firstIndex(of: UInt8(ascii: "b"))!] = UInt8(ascii: "c")
    let description = BundleDescription(bytes)
    #expect(description.parts[0].fault?.contains("checksum") == true)
    #expect(description.text.contains("  destination:   dtn://c/x\n"))
    #expect(description.parts.count == 3)
  }

  @Test func aStatusReportIsShownWithWhatItSays() throws {
    var report = StatusReport(about: Self.sample().id, reason: .lifetimeExpired)
    report.deleted = .init(true, time: 1)
    let carrier = Bundle(
      primary: PrimaryBlock(
        destination: .dtn("//a/"), source: .dtn("//b/"), timestamp: CreationTimestamp(time: 5, sequence: 1),
        lifetime: 60_000, flags: .administrative), payload: report.encoded)
    let text = BundleDescription(carrier.encoded).text
    for line in [
      "  report on:     dtn://a/y-846498896789-3", "  says:          deleted 2000-01-01T00:00:00.001Z",
      "  reason:        1", "valid",
    ] { #expect(text.split(separator: "\n").contains(Substring(line)), "\(line)") }
    var wrong = carrier
    wrong.blocks[0].data = [0xff]
    #expect(BundleDescription(wrong.encoded).text.contains("no status report that can be read"))
  }

  @Test(arguments: 0..<400 as Range<UInt64>) func anyBytesAreDescribedAndNothingReachesTheTerminal(_ seed: UInt64) {
    var generator = SeededGenerator(seed)
    var bytes = seed % 4 == 0 ? generator.bytes(80) : BundleTests.random(&generator).encoded
    for _ in 0..<Int.random(in: 0...4, using: &generator) {
      bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: .min...(.max), using: &generator)
    }
    bytes.removeLast(Int.random(in: 0...(bytes.count / 3), using: &generator))
    let description = BundleDescription(bytes)
    #expect(description.faults.isEmpty == ((try? Bundle(bytes)) != nil))
    #expect(!description.text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x7f })
    #expect(!description.json.unicodeScalars.contains { $0.value < 0x20 })
    #expect(description.json.hasPrefix("{\"bytes\":\(bytes.count),") && description.json.hasSuffix("]}"))
  }

  @Test func timesAreThoseOfTheCalendar() {
    for (milliseconds, text) in [
      (1, "2000-01-01T00:00:00.001Z"), (5_097_600_000, "2000-02-29T00:00:00.000Z"),
      (5_184_000_000, "2000-03-01T00:00:00.000Z"), (3_155_759_999_000, "2099-12-31T23:59:59.000Z"),
    ] as [(UInt64, String)] {
      var bundle = Self.sample()
      bundle.primary.timestamp.time = milliseconds
      #expect(BundleDescription(bundle.encoded).text.contains("created:       \(text)"))
    }
  }
}
