// SPDX-License-Identifier: Apache-2.0

/// What goes on between a visitor and the site.
public enum VisitorActivity: Sendable {
  /// Everything that was asked is answered.
  case idle
  /// The head of a request is on its way.
  case head
  /// The body of a request is.
  case body
  /// An answer is.
  case answer
}

/// How far a visitor's connection has come.
public struct VisitorProgress: Equatable, Sendable {
  /// What goes on now.
  public var activity: VisitorActivity
  /// Requests that were begun.
  public var requests: Int
  /// Bytes of bodies that went by, in both directions.
  public var bytes: UInt64

  /// A visitor's progress.
  public init(activity: VisitorActivity, requests: Int, bytes: UInt64) {
    self.activity = activity
    self.requests = requests
    self.bytes = bytes
  }
}
