// SPDX-License-Identifier: Apache-2.0
import HTXSite
import TestSupport
import Testing

@testable import HTXTCP

@Suite struct HTXCalibrationTests {
  private typealias Entry = ServerSettings.Entry
  private static let apache = [Entry(3, 100), Entry(4, 65_535), Entry(6, 32_768)]

  @Test func settingsThatCannotBeKeptAreRefusedAsAWhole() {
    #expect(ServerSettings(Self.apache)?.entries == Self.apache)
    #expect(ServerSettings([])?.entries == [])
    // Pushing, too few and too many streams, small and large windows, extended CONNECT, unknown ones, twice the same.
    let wrong = [
      Entry(2, 1), Entry(3, 1), Entry(3, 100_000), Entry(4, 0), Entry(4, 1 << 30), Entry(1, 1 << 20), Entry(8, 1),
      Entry(9, 1), Entry(0x0A0A, 7), Entry(5, 100), Entry(3, 100),
    ]
    for entry in wrong { #expect(ServerSettings(Self.apache + [entry]) == nil, "\(entry)") }
  }

  @Test(arguments: 1...20)
  func aRecordIsReadAsItWasWrittenAndAnythingElseIsNone(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let settings = try #require(ServerSettings(Self.apache))
    let asked = Int64.random(in: 0...(.max), using: &random)
    let alternative = AlternativeService(
      port: UInt16(seed), maximumAge: 60, isPersistent: seed & 1 != 0, isAlone: seed & 2 != 0)
    let record = Calibration(
      origin: "https://example.org/\(seed)", asked: asked, settings, seed % 3 == 0 ? nil : alternative)
    #expect(Calibration(record.bytes) == record)
    for count in 0..<35 { #expect(Calibration(Array(record.bytes.prefix(count))) == nil) }
    for _ in 0..<500 {
      var bytes = record.bytes
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      guard let read = Calibration(bytes) else { continue }
      #expect(ServerSettings(read.settings.entries) != nil)
    }
    _ = Calibration(random.bytes(Int.random(in: 0...2000, using: &random)))
  }

  /// A server begins with what it was given, in that order; who visits it reads the same.
  @Test(arguments: [ServerSettings.nginx, ServerSettings(apache) ?? .nginx])
  func aServerSaysTheSettingsThatItWasGiven(settings: ServerSettings) throws {
    let site = try Site(folder: nil, started: 1000)
    let server = try #require(ServerConnection(site, RecordingHandler(), settings: settings, clock: { 0 }))
    let fetch = try #require(PageFetch(authority: "example.org", path: "/"))
    #expect(fetch.settings == nil)
    let hello = try #require(server.send()).map { $0 }
    #expect(hello[0..<5].elementsEqual([0, 0, UInt8(6 * settings.entries.count), 4, 0]))
    _ = hello.withUnsafeBytes { fetch.receive($0) }
    #expect(fetch.settings == settings.entries)
  }
}
