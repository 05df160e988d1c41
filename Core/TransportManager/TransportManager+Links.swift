// SPDX-License-Identifier: Apache-2.0

extension TransportManager {
  /// A link is up, which means that both sides have confirmed the session over it.
  ///
  /// - Parameters:
  ///   - attempt: the attempt that led to it; nil for a link that came in.
  ///   - address: the remote address when it is known and the link came in.
  public func linkUp(
    _ peer: PeerHandle, link: LinkHandle, attempt: AttemptHandle?, transport: String, address: String? = nil,
    capabilities: PathCapabilities, now: UInt64
  ) {}

  /// An attempt failed, in any way. An attempt that is not known (any more) is ignored.
  public func attemptFailed(_ attempt: AttemptHandle, _ failure: PathFailure, now: UInt64) {}

  /// A link went down; `failure` is nil when it was closed in an orderly way. Unknown links are ignored.
  public func linkDown(_ link: LinkHandle, _ failure: PathFailure?, now: UInt64) {}

  /// The session sees no progress on the link: traffic moves at once if there is anywhere to go.
  public func linkSuspect(_ link: LinkHandle, now: UInt64) {}

  /// The suspect link made progress again.
  public func linkRecovered(_ link: LinkHandle, now: UInt64) {}

  /// The plugin changed a link's capabilities.
  public func linkChanged(_ link: LinkHandle, capabilities: PathCapabilities, now: UInt64) {}

  /// One round-trip time measured by the session, nanoseconds.
  public func rttSample(_ link: LinkHandle, _ rtt: UInt64, now: UInt64) {}
}
