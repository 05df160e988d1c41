// SPDX-License-Identifier: Apache-2.0

import MeshWire

/// What the session layer asks of, and tells, whoever drives it. Called on the one thread that drives the endpoint.
public protocol SessionEndpointDelegate: AnyObject {
  /// Whether this node may talk to us. Asked after message 3 proved the name.
  func admission(of peer: NodeID) -> Admission
  /// The layer above for a new session.
  func makeFrameLayer(for peer: NodeID) -> any FrameLayer
  /// Both sides have confirmed the link; it carries data from now on.
  func linkConfirmed(_ link: SecureLink, session: Session, now: UInt64)
  /// The link cannot be used any more and must be closed by whoever opened it.
  func linkFailed(_ link: SecureLink, error: SessionError, now: UInt64)
  /// No progress for longer than it should take: its frames have been handed to another link if there is one.
  func linkSuspect(_ link: SecureLink, now: UInt64)
  func linkRecovered(_ link: SecureLink, now: UInt64)
  /// The peer has lost everything (it was restarted): the layer above is about to start over.
  func sessionRestarts(_ session: Session, now: UInt64)
  /// The peer has lost everything (it was restarted): the layer above has started over.
  func sessionRestarted(_ session: Session, now: UInt64)
  /// The session is forgotten: idle for too long without a link, or closed.
  func sessionEnded(_ session: Session, now: UInt64)
}

extension SessionEndpointDelegate {
  /// Nothing is to be kept of the old conversation.
  public func sessionRestarts(_ session: Session, now: UInt64) {}
}
