// SPDX-License-Identifier: Apache-2.0

/// What a bundle agent needs of the node around it: the plugin's host, or a test. None of these calls back.
public protocol AgentHost: AnyObject {
  /// Milliseconds of the bundle epoch (2000-01-01); 0 when nobody knows the time.
  var bundleTime: UInt64 { get }
  /// Milliseconds of a clock that nobody sets, for intervals.
  var steadyTime: UInt64 { get }
  /// What is confirmed of an envelope of this node: `MESH_CARRIER_*`.
  func report(_ token: UInt64, _ kind: UInt32, _ code: Int32)
  /// An envelope for this node; false when it has to be offered again after `retry`.
  func arrived(_ id: [UInt8], _ envelope: [UInt8]) -> Bool
  /// Sends a message to the same plugin on a neighbour; `BundleAgent.sent` answers with the token. False: not now.
  func send(_ message: [UInt8], to neighbour: [UInt8], token: UInt64) -> Bool
  /// Sends a bundle, or what became of one, over a connection of a convergence layer; see `BundleAgent.answered`.
  /// False: not now.
  func transfer(_ message: NeighbourMessage, over connection: [UInt8]) -> Bool
  /// Messages of a neighbour that `BundleAgent.message` did not take can be offered again, later.
  func resume(_ neighbour: [UInt8])
  /// Bytes that a bundle over a connection may have.
  func largestTransfer(over connection: [UInt8]) -> UInt64
  /// A line for the log: `MESH_LOG_*`.
  func log(_ level: UInt32, _ text: String)
}

extension AgentHost {
  /// A host whose clock of days is not set has one clock.
  public var steadyTime: UInt64 { bundleTime }
  /// A host without connections has nowhere to send to.
  public func transfer(_ message: NeighbourMessage, over connection: [UInt8]) -> Bool { false }
  /// A host that keeps no messages has none to offer.
  public func resume(_ neighbour: [UInt8]) {}

  /// As many as there are.
  public func largestTransfer(over connection: [UInt8]) -> UInt64 { .max }
}
