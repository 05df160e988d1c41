// SPDX-License-Identifier: Apache-2.0

/// Who gets a copy beside the destination.
public enum ReplicationPolicy: Sendable {
  /// Every neighbour (Vahdat and Becker, 2000).
  case epidemic
  /// Binary spray and wait (Spyropoulos and others, 2005): so many copies in all; half of what is left goes to each
  /// neighbour, and the last waits for the destination.
  case sprayAndWait(copies: UInt32)
  /// Neighbours that are likelier to meet the destination (RFC 6693, forwarding strategy GRTR).
  case prophet(ProphetParameters)
}

/// Constants of PRoPHET (RFC 6693 section 2.1).
public struct ProphetParameters: Sendable {
  /// Largest part of the way to 1 that one encounter goes.
  public var encounterMaximum = 0.7
  /// Predictability after the first encounter.
  public var encounterFirst = 0.5
  /// Below this a node counts as never met.
  public var firstThreshold = 0.1
  /// How far below 1 predictability stays.
  public var delta = 0.01
  /// Weight of what a neighbour knows.
  public var beta = 0.9
  /// What is left after one unit of time.
  public var gamma = 0.999
  /// That unit, in milliseconds.
  public var timeUnit: UInt64 = 1000
  /// Milliseconds between two encounters of a pair, typically: sooner ones count less.
  public var typicalInterval: UInt64 = 1_800_000
  /// Nodes whose predictability is kept.
  public var limit = 4096

  /// The defaults of RFC 6693.
  public init() {}
}
