// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshMultiplexer

/// What a code on the wire means for an application, and the other way.
struct StreamFate {
  /// `MESH_E_*`.
  let code: Int32
  /// The peer application's own number, for MESH_E_REFUSED and MESH_E_RESET.
  let value: UInt64

  /// Codes from here on belong to applications.
  static let firstOwn: UInt64 = 256

  /// - Parameter own: what a number of the peer's application is told as.
  init(_ wire: UInt64, own: Int32 = MESH_E_REFUSED) {
    value = wire >= Self.firstOwn ? wire - Self.firstOwn : 0
    switch wire {
    case StreamCode.cancelled: code = MESH_E_CANCELLED
    case StreamCode.noSuchProtocol: code = MESH_E_NOTFOUND
    case StreamCode.notAllowed: code = MESH_E_PERMISSION
    case StreamCode.deadline: code = MESH_E_TIMEOUT
    case StreamCode.peerRestarted: code = MESH_E_RESET
    case StreamCode.busy: code = MESH_E_BUSY
    default: code = own
    }
  }

  /// The wire's code for an application's number, which is below 2^60.
  static func wire(_ number: UInt64) -> UInt64 { min(number, 1 << 60) + firstOwn }
}
