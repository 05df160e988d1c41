// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTestNetwork
import TestSupport
import Testing

@Suite struct HTTP3CalibrationTests {
  private static let nginx = [HTTP3Setting(1, 4096), HTTP3Setting(7, 128)]

  private func changed(_ change: (inout TransportParameters) -> Void) -> TransportParameters {
    var parameters = TransportParameters()
    change(&parameters)
    return parameters
  }

  @Test func whatCannotBeFollowedIsRefusedAsAWhole() {
    let own = TransportParameters()
    #expect(HTTP3ServerSettings(Self.nginx, own)?.settings == Self.nginx)
    // A reserved one may be said again.
    #expect(HTTP3ServerSettings(Self.nginx + [HTTP3Setting(0x21 + 0x1F * 5, 9)], own) != nil)
    // Extended CONNECT, DATAGRAM, unknown ones, too much memory, too small heads, twice the same.
    for (id, value) in [(8, 1), (0x33, 1), (2, 0), (1, 1 << 20), (7, 1000), (6, 100), (1, 4096)] as [(UInt64, UInt64)] {
      #expect(HTTP3ServerSettings(Self.nginx + [HTTP3Setting(id, value)], own) == nil, "\(id)=\(value)")
    }
    #expect(HTTP3ServerSettings([], own) == nil)
    let wrong: [(String, TransportParameters)] = [
      ("max_idle_timeout", changed { $0.idleTimeout = 1000 }), ("max_idle_timeout", changed { $0.idleTimeout = 0 }),
      ("initial_max_data", changed { $0.connectionWindow = 1 << 40 }),
      ("initial_max_streams_bidi", changed { $0.bidirectionalStreams = 1 }),
      ("initial_max_streams_uni", changed { $0.unidirectionalStreams = 2 }),
      ("active_connection_id_limit", changed { $0.connectionIDs = 9 }),
      ("ack_delay_exponent", changed { $0.acknowledgementExponent = 20 }),
      ("disable_active_migration", changed { $0.forbidsMigration = true }),
      ("preferred_address", changed { $0.hasPreferredAddress = true }),
    ]
    for (name, parameters) in wrong {
      #expect(HTTP3ServerSettings.obstacle(Self.nginx, parameters)?.hasPrefix(name) == true, "\(name)")
    }
  }

  @Test(arguments: 1...20)
  func aRecordIsReadAsItWasWrittenAndAnythingElseIsNone(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let parameters = changed {
      $0.idleTimeout = UInt64.random(in: 45_000...600_000, using: &random)
    }
    let said = try #require(HTTP3ServerSettings(Self.nginx, parameters))
    let asked = Int64.random(in: 0...(.max), using: &random)
    let record = HTTP3Calibration(origin: "https://example.org/\(seed)", asked: asked, said)
    #expect(HTTP3Calibration(record.bytes) == record)
    for count in 0..<138 { #expect(HTTP3Calibration(Array(record.bytes.prefix(count))) == nil) }
    for _ in 0..<500 {
      var bytes = record.bytes
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      guard let read = HTTP3Calibration(bytes) else { continue }
      #expect(HTTP3ServerSettings.obstacle(read.said.settings, read.said.parameters) == nil)
    }
    _ = HTTP3Calibration(random.bytes(Int.random(in: 0...2000, using: &random)))
  }

  /// A server says what it was given, in that order, at both ends of what can be taken; who visits it reads the same, and
  /// the page comes however the network loses packets.
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func aServerSaysWhatItWasGiven(seed: UInt64) throws {
    let parameters = changed {
      guard seed & 1 != 0 else { return }
      ($0.idleTimeout, $0.payloadSize, $0.connectionWindow) = (45_000, 1200, 131_072)
      ($0.localStreamWindow, $0.remoteStreamWindow, $0.oneWayStreamWindow) = (0, 16_384, 4096)
      ($0.bidirectionalStreams, $0.unidirectionalStreams, $0.connectionIDs) = (16, 3, seed & 2 != 0 ? 2 : 8)
      ($0.acknowledgementExponent, $0.acknowledgementDelay, $0.datagramSize) = (10, 200, 65_535)
    }
    let lists = [
      Self.nginx, [HTTP3Setting(7, 0), HTTP3Setting(0x40, 1), HTTP3Setting(6, (1 << 62) - 1), HTTP3Setting(1, 0)],
      (0..<16).map { HTTP3Setting(0x21 + 0x1F * (UInt64(1) << $0), 1 << 61) },
    ]
    let said = try #require(HTTP3ServerSettings(lists[Int(seed) % 3], parameters))
    let pair = try LanePair(judges: false, seed: seed, said: said)
    pair.network.faults.loss = seed > 2 ? 100 : 0
    let page = PageClient(PageReaderLender(), authority: "example.org", path: "/")
    let http3 = page.makeConnection(keepsSettings: true)
    let quic = try #require(pair.dial(http3))
    #expect(pair.network.run(until: { page.isDone && http3.remoteSettings != nil }))
    #expect(http3.remoteSettings == said.settings)
    #expect(quic.remoteParameters == said.parameters)
    // Everything is acknowledged in the end, the list too.
    pair.network.run(seconds: 5, until: { false })
    #expect(pair.client.connections == 1 && pair.server.connections == 1)
  }
}
