// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCrypto
import Testing

@testable import MeshNode

@Suite struct WindowFileTests {
  private static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Streams are read on and on, and messages come and expire: the file keeps to a bound, and its content.
  @Test func aJournalIsWrittenAnewWhenMostOfItIsOfNoUse() throws {
    var template = Array("/tmp/mesh-window-XXXXXX".utf8CString)
    let folder = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    let path = "\(folder)/carriage"
    defer {
      unlink(path)
      rmdir(folder)
    }
    let peer = Identity.generate(from: .seeded(4)).id
    let file = WindowFile(path: path)
    var window = EnvelopeWindow()
    var rewrites = 0
    for step in 0..<300 as Range<UInt64> {
      var records: [UInt8] = []
      for number in 0..<200 as Range<UInt64> {
        records += window.note(reading: number, of: peer, upTo: step * 10 + number, until: 1 << 50)
      }
      records += window.insert(.init(kind: .taken, peer: peer, id: Envelope.ID(step)), deadline: step)
      window.expire(now: EnvelopeWindow.grace + step - min(step, 20))
      if file.isBloated(live: window.journalLength) {
        rewrites += 1
        #expect(file.replace(with: window.journal) == 0)
      } else {
        #expect(file.append(records) == 0)
      }
      #expect(Self.size(path) == file.size)
      #expect(file.size < window.journalLength * 2 + (1 << 20) + records.count + 1)
    }
    #expect(rewrites > 1)
    var again = EnvelopeWindow()
    let journal = WindowFile(path: path).read()
    #expect(journal.withUnsafeBytes { again.load($0, now: EnvelopeWindow.grace + 279) } == journal.count)
    for number in 0..<200 as Range<UInt64> { #expect(again.reading(of: peer, number) == 299 * 10 + number) }
    #expect(again.contains(.init(kind: .taken, peer: peer, id: 299)))
    #expect(!again.contains(.init(kind: .taken, peer: peer, id: 270)))
  }

  /// One peer that begins ever new conversations costs the others nothing, and streams that are read on stay known.
  @Test func howFarStreamsWereReadIsKnownWhateverOthersDo() {
    let peers = (0..<6).map { Identity.generate(from: .seeded(UInt64($0) + 1)).id }
    var window = EnvelopeWindow()
    _ = window.note(reading: 7, of: peers[0], upTo: 1, until: 1 << 50)
    for number in 0..<UInt64(EnvelopeWindow.readingLimit + 10_000) {
      _ = window.note(reading: number, of: peers[1], upTo: 3, until: 1000 + number)
    }
    #expect(window.reading(of: peers[0], 7) == 1)
    let last = UInt64(EnvelopeWindow.readingLimit) + 9999
    #expect(window.reading(of: peers[1], last) == 3)
    #expect(window.reading(of: peers[1], 0) == nil, "the oldest go")
    #expect(window.journalLength <= (EnvelopeWindow.peerLimit + 1) * EnvelopeWindow.recordLength)
    for peer in peers.dropFirst(2) {
      for number in 0..<UInt64(EnvelopeWindow.peerLimit) {
        _ = window.note(reading: number, of: peer, upTo: 3, until: 200_000 + number)
      }
    }
    #expect(window.journalLength <= EnvelopeWindow.readingLimit * EnvelopeWindow.recordLength)
    // Full or not, what is known is brought up to date.
    _ = window.note(reading: 7, of: peers[0], upTo: 9, until: 1 << 50)
    #expect(window.reading(of: peers[0], 7) == 9)
    var again = EnvelopeWindow()
    let journal = window.journal
    #expect(journal.withUnsafeBytes { again.load($0, now: 0) } == journal.count)
    #expect(again.reading(of: peers[0], 7) == 9)
    again.expire(now: 1 << 50)
    #expect(again.journalLength == 0)
    for number in 0..<10 as Range<UInt64> { _ = again.note(reading: number, of: peers[1], upTo: 1, until: 5) }
    #expect(again.journalLength == 10 * EnvelopeWindow.recordLength)
  }
}
