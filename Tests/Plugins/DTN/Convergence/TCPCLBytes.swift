// SPDX-License-Identifier: Apache-2.0

/// Messages of TCPCLv4 by hand, from the figures of RFC 9174.
enum TCPCLBytes {
  static let contact: [UInt8] = [0x64, 0x74, 0x6e, 0x21, 4, 0]
  static let contactWithTLS: [UInt8] = [0x64, 0x74, 0x6e, 0x21, 4, 1]

  static func number(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
  static func number16(_ value: Int) -> [UInt8] { Array(number(UInt64(value)).suffix(2)) }
  static func number32(_ value: Int) -> [UInt8] { Array(number(UInt64(value)).suffix(4)) }

  static func initiation(
    keepAlive: Int = 0, segmentLimit: UInt64 = 1 << 20, transferLimit: UInt64 = 1 << 30, node: String,
    extensions: [UInt8] = []
  ) -> [UInt8] {
    [7] + number16(keepAlive) + number(segmentLimit) + number(transferLimit) + number16(node.utf8.count)
      + Array(node.utf8) + number32(extensions.count) + extensions
  }

  static func segment(flags: UInt8, _ transfer: UInt64, extensions: [UInt8] = [], _ data: [UInt8]) -> [UInt8] {
    let items = flags & 2 == 2 ? number32(extensions.count) + extensions : []
    return [1, flags] + number(transfer) + items + number(UInt64(data.count)) + data
  }
}
