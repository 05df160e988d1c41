// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleStore

/// Bundles that are larger than a neighbour takes go to it as fragments (RFC 9171 section 5.8). What is kept here is the
/// whole: it is with the neighbour when all fragments are.
extension BundleAgent {
  /// More fragments of one bundle are not made: the receiver could not put them together.
  private static let cutLimit = 1024
  /// Bytes that a fragment's place in the whole may take.
  private static let placeSize = 64

  /// The encoded fragments, each at most `limit` bytes; nil for a bundle that may or can not be cut so.
  static func cut(_ bytes: [UInt8], limit: UInt64) -> [[UInt8]]? {
    guard var bundle = try? Bundle(bytes, limits: .lenient) else { return nil }
    let overhead = UInt64(bytes.count - bundle.payload.count + placeSize)
    guard limit > overhead else { return nil }
    let size = Int(min(limit - overhead, UInt64(bundle.payload.count)))
    guard size > 0, (bundle.payload.count + size - 1) / size <= cutLimit else { return nil }
    // Without these a fragment would travel for ever, or be of no age.
    for index in bundle.blocks.indices where [.bundleAge, .hopCount, .previousNode].contains(bundle.blocks[index].type)
    {
      bundle.blocks[index].flags.insert(.replicate)
    }
    return (try? bundle.fragments(size: size))?.map(\.encoded)
  }

  /// Sends what is left of the fragments for a neighbour; false when there is no room now.
  func sendFragments(of sequence: UInt64, to neighbour: Neighbour) -> Bool {
    guard store.destination(of: sequence) != nil else {
      neighbour.abandon(sequence)
      routing.failed(sequence, for: neighbour.node, now: host.bundleTime)
      return true
    }
    while let fragment = neighbour.cut?.fragments.first {
      guard hasWindow(neighbour, fragment.count) else { return false }
      lastTransfer += 1
      let number = lastTransfer
      neighbour.begin(number, sequence, size: fragment.count)
      guard host.transfer(.bundle(number: number, fragment), over: neighbour.key) else {
        _ = neighbour.end(number)
        return false
      }
      // It may have been refused within the call.
      guard neighbour.cut?.sequence == sequence else { return true }
      neighbour.cut?.fragments.removeFirst()
    }
    neighbour.cut = nil
    return true
  }

  /// Whether so much more may be on its way to a neighbour.
  func hasWindow(_ neighbour: Neighbour, _ size: Int) -> Bool {
    neighbour.transfers.count < settings.window
      && (neighbour.bytes == 0 || neighbour.bytes + size <= settings.windowBytes)
  }
}
