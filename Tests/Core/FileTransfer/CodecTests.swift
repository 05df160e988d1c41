// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import MeshFileTransfer

@Suite("Offers, answers and hashes")
struct CodecTests {
  @Test("Answers come back as they were, however the bytes are cut")
  func answers() {
    let hash = [UInt8](repeating: 7, count: 32)
    let answers: [FileAnswer] = [
      .accept(offset: 5, tail: hash, isComplete: false), .accept(offset: 0, tail: [], isComplete: true),
      .written(1 << 40), .refuse(FileRefusal(.noSpace, "full")), .done(hash: hash),
    ]
    let bytes = answers.flatMap { $0.encode() }
    for step in [1, 2, 7, bytes.count] {
      var reader = FileAnswerReader()
      var read: [FileAnswer] = []
      for start in stride(from: 0, to: bytes.count, by: step) {
        bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { read += reader.read($0) ?? [] }
      }
      #expect(read == answers)
    }
  }

  @Test("Every damaged offer and answer is refused or read, and never traps")
  func damaged() {
    let offer = FileOffer(
      name: "a", size: 3, modified: 9, transferID: [UInt8](repeating: 1, count: 16), force: true)
    #expect((try? FileOffer.decode(offer.encode())) == offer)
    let answer = FileAnswer.written(3).encode()
    for index in offer.encode().indices {
      for bit in 0..<8 {
        var bytes = offer.encode()
        bytes[index] ^= 1 << UInt8(bit)
        if let read = try? FileOffer.decode(bytes) { #expect(read.transferID.count == 16) }
        #expect(throws: FileRefusal.self) { try FileOffer.decode(Array(bytes[..<index])) }
      }
    }
    var reader = FileAnswerReader()
    #expect([0xFF, 0xFF].withUnsafeBytes { reader.read($0) } == nil)
    var other = FileAnswerReader()
    #expect((Array(answer[..<2]) + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).withUnsafeBytes { other.read($0) } == nil)
  }

  @Test("The content hash is SHA-256 and begins anew after it was taken (FIPS 180-4, example 'abc')")
  func contentHash() {
    let abc: [UInt8] = [
      0xBA, 0x78, 0x16, 0xBF, 0x8F, 0x01, 0xCF, 0xEA, 0x41, 0x41, 0x40, 0xDE, 0x5D, 0xAE, 0x22, 0x23, 0xB0, 0x03, 0x61,
      0xA3, 0x96, 0x17, 0x7A, 0x9C, 0xB4, 0x10, 0xFF, 0x61, 0xF2, 0x00, 0x15, 0xAD,
    ]
    let hash = ContentHash()
    for _ in 0..<2 {
      Array("ab".utf8).withUnsafeBytes { hash.update($0) }
      Array("c".utf8).withUnsafeBytes { hash.update($0) }
      #expect(hash.finish() == abc)
    }
  }
}
