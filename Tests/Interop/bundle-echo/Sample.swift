// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Bundles of every shape, by number.
enum Sample {
  static func bundle(_ number: Int) -> Bundle {
    let endpoints: [EndpointID] = [
      .dtn("//alice/mail"), .dtn("//b/"), .ipn(allocator: 0, node: 4, service: 7, isShort: true), .none,
    ]
    let checksums: [ChecksumType] = [.crc16, .crc32c]
    var primary = PrimaryBlock(
      destination: endpoints[number % 3], source: endpoints[number / 3 % 3], reportTo: endpoints[number / 9 % 4],
      timestamp: CreationTimestamp(time: 800_000_000_000 + UInt64(number) * 977, sequence: UInt64(number)),
      lifetime: [0, 23, 24, 3_600_000, 1 << 40][number % 5], checksum: checksums[number % 2])
    if number % 7 == 0 { primary.flags.insert(.reportDelivery) }
    let sizes = [0, 1, 23, 24, 255, 256, 70_000]
    var bundle = Bundle(
      primary: primary, payload: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: sizes[number % 7]),
      checksum: checksums[number / 2 % 2])
    if number % 2 == 0 { bundle.hopCount = HopCount(limit: 30, count: UInt64(number % 30)) }
    if number % 3 == 0 { bundle.age = UInt64(number) * 1000 }
    if number % 4 == 0 { bundle.previousNode = .dtn("//relay/") }
    return bundle
  }
}
