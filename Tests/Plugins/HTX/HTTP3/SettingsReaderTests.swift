// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import TestSupport
import Testing

@Suite struct HTTP3SettingsReaderTests {
  /// A control stream with QPACK_MAX_TABLE_CAPACITY 4096, a reserved setting and QPACK_BLOCKED_STREAMS 128.
  private let stream: [UInt8] = [0, 4, 9, 1, 0x50, 0, 0x40, 0x21, 3, 7, 0x40, 0x80]
  private let settings = [HTTP3Setting(1, 4096), HTTP3Setting(0x21, 3), HTTP3Setting(7, 128)]

  private func read(_ pieces: [(Int64, [UInt8])]) -> [HTTP3Setting]? {
    var reader = HTTP3SettingsReader()
    for (stream, bytes) in pieces { bytes.withUnsafeBytes { reader.read(stream, $0) } }
    return reader.settings
  }

  @Test(arguments: 1...12)
  func aListIsReadHoweverItComes(step: Int) {
    let pieces = stride(from: 0, to: stream.count, by: step).map { start in
      (Int64(7), Array(stream[start..<min(start + step, stream.count)]))
    }
    #expect(read([(3, [2, 0x3F])] + pieces + [(11, [3]), (7, [0x0D, 1, 0])]) == settings)
  }

  @Test func whatIsNoListIsNone() {
    #expect(read([(3, Array(stream.dropLast()))]) == nil, "not whole")
    #expect(read([(3, [0, 4, 2, 1, 0x50])]) == nil, "a number is cut off")
    #expect(read([(3, [0, 0, 1, 0] + stream)]) == nil, "another frame first")
    #expect(read([(3, [0, 4, 0x44, 0])]) == nil, "too long")
    #expect(read([(3, [0, 4, 40] + [UInt8](repeating: 1, count: 40))]) == nil, "too many")
    #expect(read([(3, [2]), (3, stream)]) == nil, "no control stream")
    #expect(read([(3, [0, 4, 0])]) == [])
    #expect(read([(3, stream), (7, [0, 4, 0])]) == settings, "a second control stream")
    #expect(read([(1 << 40, stream), (-1, stream)]) == nil)
  }
}
