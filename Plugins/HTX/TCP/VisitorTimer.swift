// SPDX-License-Identifier: Apache-2.0

/// How long a visitor may take for what he does, as small web servers have it: a head has one time for all of it,
/// however it drips; bodies and answers have a time between two pieces; what is neither prolongs nothing.
public struct VisitorTimer: Sendable {
  /// Nanoseconds for each.
  public struct Limits: Sendable {
    /// For a whole head, and from the end of the TLS handshake to the first one.
    public var head: UInt64 = 60_000_000_000
    /// Between two pieces of a body.
    public var body: UInt64 = 60_000_000_000
    /// Between two pieces of an answer that are taken.
    public var answer: UInt64 = 60_000_000_000
    /// Between an answer and the next request.
    public var idle: UInt64 = 75_000_000_000

    /// nginx's.
    public init() {}
  }

  private let limits: Limits
  private var last = VisitorProgress(activity: .head, requests: 0, bytes: 0)
  private var since: UInt64

  /// For a visitor whose TLS handshake is over; `now` is monotonic, in nanoseconds.
  public init(_ limits: Limits, now: UInt64) {
    self.limits = limits
    since = now
  }

  /// Whether nothing is under way, so that the end of the time is a goodbye.
  public var isIdle: Bool { last.activity == .idle }

  /// Takes what has become of the visitor, and returns when his time is over.
  public mutating func update(_ progress: VisitorProgress, now: UInt64) -> UInt64 {
    var progress = progress
    // Nobody is idle before he has asked for something.
    if progress.activity == .idle, progress.requests == 0 { progress.activity = .head }
    let isMoving = progress.activity == .body || progress.activity == .answer
    if progress.activity != last.activity || progress.requests != last.requests
      || isMoving && progress.bytes != last.bytes
    {
      since = now
    }
    last = progress
    return since &+ limit
  }

  private var limit: UInt64 {
    switch last.activity {
    case .idle: limits.idle
    case .head: limits.head
    case .body: limits.body
    case .answer: limits.answer
    }
  }
}
