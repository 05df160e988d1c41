// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// What one side of a TCPCLv4 session wants.
public struct TCPCLSettings: Sendable {
  /// Whether TLS is used.
  public enum TLSPolicy: Sendable {
    /// Not even when the peer can.
    case never
    /// When the peer can.
    case optional
    /// A peer that cannot is turned away.
    case required
  }

  /// This node, as it names itself.
  public var node: EndpointID
  /// See `TLSPolicy`.
  public var tls = TLSPolicy.optional
  /// Whether the node that the peer names must be one that its certificate names, once there is TLS.
  public var checksNode = false
  /// Seconds between signs of life that are wanted; 0 for none.
  public var keepAlive: UInt16 = 30
  /// Bytes of data that one segment from the peer may have.
  public var segmentLimit: UInt64 = 1 << 20
  /// Bytes that one bundle from the peer may have.
  public var transferLimit: UInt64 = 256 << 20
  /// Bytes of data in a segment to the peer, if it takes as many.
  public var segmentSize = 1 << 16
  /// Bundles that may be on their way to the peer without its answer.
  public var window = 64
  /// Bytes of them, one bundle apart.
  public var windowSize = 4 << 20
  /// Bundles from the peer that may wait to be settled before it has to wait.
  public var unsettled = 256
  /// Bytes of them, one bundle apart.
  public var unsettledSize = 4 << 20
  /// Milliseconds until the session must be established.
  public var establishmentTime: UInt64 = 30_000
  /// Milliseconds without a transfer after which the session is ended; 0 for never.
  public var idleTime: UInt64 = 0
  /// Milliseconds that the peer has to end its part.
  public var terminationTime: UInt64 = 10_000

  /// The defaults.
  public init(node: EndpointID) { self.node = node }
}
