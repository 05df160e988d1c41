// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

/// What carriage needs from whoever owns carriers and a disk: the plugin host, or a test.
///
/// None of these calls back into the core before it returns.
public protocol CarrierDriver: AnyObject {
  /// Carriers that run, by number, the preferred one first.
  var carriers: [Int] { get }
  /// Whether carriers run or may run later: one that is stopped now counts.
  var mayHaveCarriers: Bool { get }
  /// Unix milliseconds.
  var wallClock: UInt64 { get }
  /// Hands an envelope to a carrier; `MESH_OK` when there is room for it, or why not. What becomes of it is told with
  /// `Carriage.reported`. `lifetime` is in milliseconds from now.
  func submit(
    _ envelope: [UInt8], for recipient: NodeID, to carrier: Int, token: UInt64, lifetime: UInt64,
    trafficClass: TrafficClass
  ) -> Int32
  /// Asks a carrier to give an envelope up.
  func cancelEnvelope(_ token: UInt64, of carrier: Int)
  /// The word on an envelope that arrived: `MESH_OK` lets it go, `MESH_E_AGAIN` has it kept, others refuse it.
  func settle(_ arrival: [UInt8], of carrier: Int, status: Int32)
  /// Asks a carrier to offer again what had to wait.
  func retryArrivals(of carrier: Int)
  /// Appends to the journal of the window; `Carriage.persisted` says when it is on disk.
  func appendToWindow(_ records: [UInt8])
  /// Whether the peer may use the protocol.
  func permits(_ peer: Peer, _ name: String) -> Bool
}
