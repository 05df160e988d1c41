// SPDX-License-Identifier: Apache-2.0
import CMesh

/// What of a protocol is served.
public struct ServeOptions: Sendable {
  /// Kinds of traffic.
  public struct Kinds: OptionSet, Sendable {
    /// The bits of `mesh.h`.
    public var rawValue: UInt32
    /// Kinds of bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Messages.
    public static let messages = Kinds(rawValue: MESH_SERVE_MESSAGES)
    /// Streams.
    public static let streams = Kinds(rawValue: MESH_SERVE_STREAMS)
    /// Requests.
    public static let requests = Kinds(rawValue: MESH_SERVE_REQUESTS)
  }

  /// What is served.
  public var kinds: Kinds = [.messages, .streams, .requests]
  /// A word of your own that comes back with events.
  public var token: UInt64 = 0
  /// Most messages and requests unreleased or unanswered at a time; 0 = 4096.
  public var window: UInt64 = 0

  /// Everything, or only these.
  public init(_ kinds: Kinds = [.messages, .streams, .requests]) { self.kinds = kinds }
}
