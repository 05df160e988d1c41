// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import HTXDriver

@Suite struct HTXLaneReaderTests {
  /// The packets in a lane's body, which comes in pieces of any size.
  private func read(_ body: [UInt8], pieces: () -> Int) -> [[UInt8]] {
    var reader = LaneReader()
    var packets: [[UInt8]] = []
    var (open, missing): ([UInt8], Int) = ([], 0)
    var start = 0
    while start < body.count {
      let piece = Array(body[start..<min(body.count, start + max(1, pieces()))])
      start += piece.count
      piece.withUnsafeBytes { bytes in
        var at = 0
        while at < bytes.count {
          if missing > 0 {
            let part = min(missing, bytes.count - at)
            open += bytes[at..<at + part]
            missing -= part
            at += part
            if missing == 0 {
              packets.append(open)
              open = []
            }
            continue
          }
          guard let length = reader.length(bytes, &at) else { break }
          // Asked again, it says the same.
          let before = at
          let again = reader.length(bytes, &at)
          #expect(again == length && at == before)
          reader.accept(&at)
          missing = length
        }
      }
    }
    #expect(missing == 0)
    return packets
  }

  @Test(arguments: 1...40)
  func paddingBetweenPacketsLeavesNoTrace(seed: UInt64) {
    var random = SeededGenerator(seed)
    var body: [UInt8] = []
    var sent: [[UInt8]] = []
    for _ in 0..<200 {
      if Bool.random(using: &random) {
        body += [UInt8](repeating: 0, count: 2 * Int.random(in: 0...40, using: &random))
      }
      // Zeros in packets are no padding.
      let isEmpty = Bool.random(using: &random)
      let packet = random.bytes(Int.random(in: 1...600, using: &random)).map { isEmpty ? 0 : $0 }
      body += [UInt8(packet.count >> 8), UInt8(packet.count & 0xFF)] + packet
      sent.append(packet)
    }
    // As one word each: a list of bytes for every failure would be endless.
    let inPieces = read(body) { Int.random(in: 1...100, using: &random) } == sent
    let byteByByte = read(body) { 1 } == sent
    let whole = read(body) { body.count } == sent
    #expect(inPieces && byteByByte && whole)
  }

  /// Padding without end costs its bytes and nothing else: the reader is of a fixed size and asks for nothing.
  @Test func paddingWithoutEndIsPassedOver() {
    let zeros = [UInt8](repeating: 0, count: 1_000_001)
    var reader = LaneReader()
    zeros.withUnsafeBytes { bytes in
      for _ in 0..<20 {
        var at = 0
        let length = reader.length(bytes, &at)
        #expect(length == nil && at == bytes.count)
      }
    }
    // 20 odd pieces are an even number of bytes: a packet can follow.
    [UInt8](arrayLiteral: 0, 3).withUnsafeBytes { bytes in
      var at = 0
      let length = reader.length(bytes, &at)
      #expect(length == 3 && at == 1)
    }
  }
}
