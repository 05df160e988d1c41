// SPDX-License-Identifier: Apache-2.0

import CMeshABI

/// Envelopes of an earlier life of this node, which carriers keep.
extension Carriage {
  /// Milliseconds after which it is forgotten that an envelope has come to its recipient's node: a week. It is recognised
  /// there if it is sent again.
  private static let orphanLifetime: UInt64 = 7 * 86_400_000

  /// An envelope of which nobody waits to hear.
  struct Orphan {
    var carrier: Int
    /// The carrier has said its last word: the recipient's node has it. It is forgotten then, Unix milliseconds.
    var until: UInt64?

    var isAtRecipient: Bool { until != nil }
  }

  /// What a carrier says of an envelope of which nobody waits to hear.
  func reportedOrphan(_ token: UInt64, _ carrier: Int, kind: UInt32) {
    switch kind {
    case MESH_CARRIER_STORED: orphans[token] = Orphan(carrier: carrier)
    case MESH_CARRIER_FORWARDED: break
    case MESH_CARRIER_DELIVERED:
      // Its receipt is still to come: a repetition must not take another way.
      orphans[token]?.until = (driver?.wallClock ?? 0) + Self.orphanLifetime
    default: orphans[token] = nil
    }
  }

  func expireOrphans(now wallClock: UInt64) {
    for (token, orphan) in orphans {
      if let until = orphan.until, until <= wallClock { orphans[token] = nil }
    }
  }
}
