// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshCrypto
import MeshNode
import MeshSession
import MeshWire

/// One node's carrier and disk, both without hardware. It outlives the node's lives, as a disk does.
final class ScriptedCarrier: CarrierDriver {
  struct Kept {
    var recipient: NodeID
    var bytes: [UInt8]
    var isReported = false
  }

  /// Envelopes of this node, by token.
  var kept: [UInt64: Kept] = [:]
  /// Envelopes for this node that are not settled, by the carrier's id.
  var arrivals: [[UInt8]: [UInt8]] = [:]
  var toOffer: [[UInt8]] = []
  var journal: [UInt8] = []
  var isSaving = false
  /// Writes, also those that failed.
  var writes = 0
  var submitted = 0
  var settled: [Int32] = []
  /// The carrier of each.
  var settledOf: [Int] = []
  /// What `submit` answers.
  var answer = MESH_OK
  var reportsStored = true
  var diskWorks = true
  var wallClock: UInt64 = 1_800_000_000_000
  var carriers = [0]
  let mayHaveCarriers = true
  private var lastArrival: UInt64 = 0

  func submit(
    _ envelope: [UInt8], for recipient: NodeID, to carrier: Int, token: UInt64, lifetime: UInt64,
    trafficClass: TrafficClass
  ) -> Int32 {
    guard answer == MESH_OK else { return answer }
    guard kept[token] == nil else { return MESH_E_EXISTS }
    submitted += 1
    kept[token] = Kept(recipient: recipient, bytes: envelope)
    return MESH_OK
  }

  func cancelEnvelope(_ token: UInt64, of carrier: Int) { kept[token] = nil }

  func settle(_ arrival: [UInt8], of carrier: Int, status: Int32) {
    settled.append(status)
    settledOf.append(carrier)
    if status != MESH_E_AGAIN { arrivals[arrival] = nil }
  }

  func retryArrivals(of carrier: Int) { toOffer = Array(arrivals.keys) }

  func appendToWindow(_ records: [UInt8]) {
    writes += 1
    if diskWorks { journal += records }
    isSaving = true
  }

  func permits(_ peer: Peer, _ name: String) -> Bool { name != "/secret/1" }

  /// A copy of an envelope has come over the network.
  func receive(_ bytes: [UInt8]) {
    lastArrival += 1
    var id = [UInt8](repeating: 0, count: 32)
    withUnsafeBytes(of: lastArrival) { id.replaceSubrange(0..<8, with: $0) }
    arrivals[id] = bytes
    toOffer.append(id)
  }
}
