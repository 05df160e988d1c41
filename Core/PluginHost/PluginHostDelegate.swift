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
}
