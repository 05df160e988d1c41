// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// What the plugin host tells the node. Every function is called on the loop's thread, with no plugin on the stack and
/// never from inside a call into the host, so each of them may call any function of the host. The exception is
/// `linkIncoming`, which only decides.
public protocol PluginHostDelegate: AnyObject {
  /// Whether to take a link that somebody else opened. Must not call the host.
  func linkIncoming(_ incoming: IncomingLink) -> Bool
  /// A link is ready to carry packets.
  func link(_ link: LinkID, cameUp up: LinkUp)
  /// A link never came up; its id is spent.
  func link(_ link: LinkID, failed failure: Failure)
  /// A link was up and is gone; its id is spent.
  func link(_ link: LinkID, wentDown failure: Failure)
  /// What a link can do has changed.
  func link(_ link: LinkID, capabilities: mesh_caps)
  /// More may be transmitted on a link; `PluginHost.credit` says how much.
  func linkHasCredit(_ link: LinkID)
  /// A lane of a link came or went; the number is never 0.
  func link(_ link: LinkID, lane: UInt32, reports report: LaneReport)
  /// Packets. The node owns the buffers now and puts them back to the pool; the array itself is lent.
  func received(_ buffers: UnsafeMutableBufferPointer<mesh_buf>)
  /// Transmitted buffers come back with their `status`, with the same ownership as `received`.
  func transmitted(_ buffers: UnsafeMutableBufferPointer<mesh_buf>)
  /// A listener is bound to this address.
  func listener(_ listener: ListenerID, isListeningAt address: String)
  /// A listener failed; its id is spent.
  func listener(_ listener: ListenerID, failed failure: Failure)
  /// An instance's state has changed; `reason` is a sentence or empty.
  func instance(_ instance: InstanceID, changedTo state: InstanceState, reason: String)
  /// Answer to `configure`: nil, or the failure and the index of the parameter at fault.
  func instance(_ instance: InstanceID, configured refusal: Failure?, parameter: Int)
  /// Somebody is near; `address` is one that `connect` takes.
  func peerSeen(_ instance: InstanceID, address: String)

  /// What a carrier says of an envelope of this node.
  func carrier(_ instance: InstanceID, reports report: CarrierReport)
  /// An envelope for this node; `PluginHost.settle` answers.
  func carrier(_ instance: InstanceID, arrived arrival: CarrierArrival)
  /// The node's public key, for plugins that ask; must not call the host.
  func nodeKey() -> [UInt8]?
  /// A plugin wants to serve a protocol of its own: `MESH_OK` or why not. Must not call the host.
  func session(_ instance: InstanceID, wantsToServe name: String) -> Int32
  /// It does; the peers that are there are to be told.
  func sessionServed(_ instance: InstanceID)
  /// A plugin sends a message to another node; `PluginHost.sessionSent` answers.
  func session(_ instance: InstanceID, sends message: SessionMessage)
  /// A plugin takes messages of a node again.
  func session(_ instance: InstanceID, resumes node: [UInt8])
}

/// A node without sessions, carriers and lanes that come and go.
extension PluginHostDelegate {
  /// Its links have what they came with.
  public func link(_ link: LinkID, lane: UInt32, reports report: LaneReport) {}
  /// Nobody waits for it.
  public func carrier(_ instance: InstanceID, reports report: CarrierReport) {}
  /// It stays with the carrier.
  public func carrier(_ instance: InstanceID, arrived arrival: CarrierArrival) {}
  /// It has no name.
  public func nodeKey() -> [UInt8]? { nil }
  /// There are no sessions.
  public func session(_ instance: InstanceID, wantsToServe name: String) -> Int32 { MESH_E_UNSUPPORTED }
  /// There are no peers.
  public func sessionServed(_ instance: InstanceID) {}
  /// Nothing answers.
  public func session(_ instance: InstanceID, sends message: SessionMessage) {}
  /// Nothing waits.
  public func session(_ instance: InstanceID, resumes node: [UInt8]) {}
}
