// SPDX-License-Identifier: Apache-2.0

/// What the loop calls. A class and not a protocol, so that a call is one look-up and allocates nothing.
///
/// Every function is called on the loop's thread, never from inside another one.
open class EventHandler {
  /// Makes a handler that ignores everything.
  public init() {}

  /// A watched descriptor is ready. `token` is the one given to `EventLoop.watch`.
  open func ready(_ readiness: Readiness, token: UInt64) {}

  /// The timer set with this token has expired. It is gone when this is called.
  open func expired(token: UInt64) {}

  /// The call asked for with `EventLoop.soon`.
  open func run() {}

  /// Once a turn, after readiness, timers and posted work and before `run`.
  open func collect() {}

  /// Once a turn, when everything else has been handled: the place to send what has gathered.
  open func turnEnded() {}
}
