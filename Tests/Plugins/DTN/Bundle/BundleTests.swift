import TestSupport
import Testing

// SPDX-License-Identifier: Apache-2.0
@testable import BundleProtocol

@Suite struct BundleTests {
  static func random(_ generator: inout SeededGenerator) -> Bundle {
    let endpoints: [EndpointID] = [
      .dtn("//alice/mail"), .dtn("//b/"), .ipn(allocator: 0, node: 4, service: 7, isShort: true),
      .ipn(allocator: 977_000, node: 3, service: 1, isShort: false), .other(scheme: 99, part: [0x42, 1, 2]),
    ]
    let checksums: [ChecksumType] = [.crc16, .crc32c]
    var primary = PrimaryBlock(
      destination: endpoints.randomElement(using: &generator)!, source: endpoints.randomElement(using: &generator)!,
      reportTo: endpoints.randomElement(using: &generator)!,
      timestamp: CreationTimestamp(time: .random(in: 1...(.max), using: &generator), sequence: generator.next() >> 40),
      lifetime: generator.next() >> 20, checksum: checksums.randomElement(using: &generator)!)
    if Bool.random(using: &generator) { primary.flags.insert(.reportDelivery) }
    var bundle = Bundle(
      primary: primary, payload: generator.bytes(.random(in: 0...300, using: &generator)),
      checksum: [.none, .crc16, .crc32c].randomElement(using: &generator)!)
    if Bool.random(using: &generator) { bundle.previousNode = .dtn("//relay/") }
    if Bool.random(using: &generator) { bundle.age = generator.next() >> 30 }
    if Bool.random(using: &generator) { bundle.hopCount = HopCount(limit: 30, count: 2) }
    return bundle
  }

  @Test func checksumsHaveTheirPublishedCheckValues() {
    let digits = Array("123456789".utf8)
    #expect(digits.withUnsafeBytes { ChecksumType.crc16.compute($0) } == 0x906e)
    #expect(digits.withUnsafeBytes { ChecksumType.crc32c.compute($0) } == 0xe306_9283)
  }

  @Test func theInstructionAndTheTablesGiveTheSameChecksum() {
    var generator = SeededGenerator(8)
    for size in 0..<300 {
      let bytes = generator.bytes(size)
      let state = UInt32(truncatingIfNeeded: generator.next())
      bytes.withUnsafeBytes { #expect(CRC32C.update(state, $0) == CRC32C.updateByTables(state, $0)) }
    }
  }

  @Test func whatIsWrittenIsReadAndWrittenAgainInTheSameBytes() throws {
    var generator = SeededGenerator(1)
    for _ in 0..<2000 {
      let bundle = Self.random(&generator)
      let bytes = bundle.encoded
      let read = try Bundle(bytes)
      #expect(read == bundle)
      #expect(read.encoded == bytes)
    }
  }

  @Test func everyFlippedBitIsFound() throws {
    var generator = SeededGenerator(2)
    for _ in 0..<20 {
      var bundle = Self.random(&generator)
      for index in bundle.blocks.indices { bundle.blocks[index].checksum = .crc32c }
      let bytes = bundle.encoded
      for index in bytes.indices {
        var changed = bytes
        changed[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        #expect(throws: BundleError.self, "byte \(index)") { try Bundle(changed) }
      }
    }
  }

  @Test func everyCutIsRefused() throws {
    var generator = SeededGenerator(3)
    let bytes = Self.random(&generator).encoded
    for count in bytes.indices { #expect(throws: BundleError.self) { try Bundle(Array(bytes[..<count])) } }
    #expect(throws: BundleError.self) { try Bundle(bytes + [0]) }
  }

  @Test func noiseNeverTraps() {
    var generator = SeededGenerator(4)
    for _ in 0..<5000 {
      var bytes = Self.random(&generator).encoded
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      if let bundle = try? Bundle(bytes, limits: .lenient) {
        #expect(bundle.encoded == bytes)
        _ = BundleProcessing(bundle)
        _ = try? StatusReport.read(bundle.payload)
      }
    }
  }

  @Test func fragmentsInAnyOrderAndTwiceAreTheWhole() throws {
    var generator = SeededGenerator(5)
    for _ in 0..<200 {
      var bundle = Self.random(&generator)
      guard bundle.payload.count > 4 else { continue }
      bundle.hopCount = HopCount(limit: 9, count: 1)
      let size = Int.random(in: 1...bundle.payload.count, using: &generator)
      var pieces = try bundle.fragments(size: size)
      guard pieces.count > 1 else { continue }
      // A fragment of a fragment is one of the whole.
      let cut = try pieces[0].fragments(size: max(1, size / 2))
      pieces += cut + [pieces.randomElement(using: &generator)!]
      pieces.shuffle(using: &generator)
      pieces = try pieces.map { try Bundle($0.encoded) }
      var reassembly = try Reassembly(pieces[0], limit: 1000)
      for piece in pieces.dropFirst() { try reassembly.add(piece) }
      let whole = try #require(reassembly.whole)
      #expect(whole.payload == bundle.payload)
      #expect(whole.primary == bundle.primary)
      #expect(whole.hopCount == bundle.hopCount)
    }
  }

  @Test func aBundleThatMustNotBeCutIsNot() throws {
    var generator = SeededGenerator(6)
    var bundle = Self.random(&generator)
    bundle.blocks[bundle.blocks.count - 1].data = generator.bytes(100)
    bundle.primary.flags.insert(.mustNotFragment)
    #expect(throws: BundleError.self) { try bundle.fragments(size: 10) }
    #expect(try bundle.fragments(size: 100) == [bundle])
  }

  @Test func aReportIsReadAsItWasWritten() throws {
    var generator = SeededGenerator(7)
    for _ in 0..<200 {
      let bundle = Self.random(&generator)
      var report = StatusReport(about: bundle.id, reason: .hopLimitExceeded)
      report.deleted = .init(true, time: Bool.random(using: &generator) ? 12345 : nil)
      if Bool.random(using: &generator) { report.subject.fragment = .init(offset: 3, length: 9) }
      #expect(try StatusReport.read(report.encoded) == report)
    }
  }

  @Test func reportsAboutReportsAreNeverSent() throws {
    var generator = SeededGenerator(8)
    var bundle = Self.random(&generator)
    bundle.primary.reportTo = .dtn("//alice/reports")
    let report = StatusReport(about: bundle.id)
    let time = CreationTimestamp(time: 1, sequence: 1)
    let carried = try #require(report.bundle(about: bundle, from: .dtn("//b/"), timestamp: time, lifetime: 1000))
    #expect(try StatusReport.read(try Bundle(carried.encoded).payload) == report)
    #expect(report.bundle(about: carried, from: .dtn("//b/"), timestamp: time, lifetime: 1000) == nil)
    bundle.primary.reportTo = .none
    #expect(report.bundle(about: bundle, from: .dtn("//b/"), timestamp: time, lifetime: 1000) == nil)
  }

  @Test func endpointsAreReadAsTheyArePrinted() throws {
    for text in ["dtn:none", "dtn://alice/mail", "dtn://alice/", "ipn:4.7", "ipn:0.0", "ipn:977000.3.1"] {
      #expect(try EndpointID(text).description == text)
    }
    for text in ["", "dtn:", "dtn:alice", "dtn:///x", "ipn:4", "ipn:4.x", "ipn:1.2.3.4", "http://x/", "dtn://a b/"] {
      #expect(throws: BundleError.self, "\(text)") { try EndpointID(text) }
    }
    #expect(try EndpointID("dtn://alice/mail").node == .dtn("//alice/"))
  }
}
