// SPDX-License-Identifier: Apache-2.0

import MeshSession

/// What the core of a node needs from whoever owns the links: the plugin host, or the simulator.
///
/// None of these calls back into the core before it returns.
public protocol LinkDriver: AnyObject {
  /// Starts to dial and returns the link's id; what becomes of it is told with `NodeCore.linkUp` or `linkFailed`.
  func dial(instance: Int, address: String, deadline: UInt64) throws(DialRefusal) -> UInt64
  /// Closes a link. The answer is `NodeCore.linkDown` or `linkFailed`, later.
  func disconnect(_ link: UInt64, abort: Bool)
  /// Whether a packet of `size` bytes may be sent on the link now.
  func hasCredit(_ link: UInt64, size: Int) -> Bool
  /// The lanes of the link on which a packet of `size` bytes may be sent now; none, or lane 0 and others.
  func lanesWithCredit(_ link: UInt64, size: Int) -> LaneSet
  /// Memory for the next packet of a link, at least `size` bytes, or nil when there is none now.
  func acquire(_ link: UInt64, size: Int) -> UnsafeMutableRawBufferPointer?
  /// The memory just acquired holds a packet of `length` bytes.
  func commit(_ link: UInt64, length: Int, lane: Int, trafficClass: UInt8)
  /// The memory just acquired is not needed.
  func abandon()
  /// Hands everything committed to the links.
  func flush()
}

extension LinkDriver {
  /// One credit for all lanes.
  public func lanesWithCredit(_ link: UInt64, size: Int) -> LaneSet { hasCredit(link, size: size) ? .all : [] }
}

/// Why dialling could not even begin.
public struct DialRefusal: Error, Sendable {
  /// `MESH_E_*`.
  public let code: Int32
  /// `MESH_CLASS_*`.
  public let failureClass: UInt32
  /// A sentence.
  public let text: String
  /// A refusal with its reason.
  public init(code: Int32, failureClass: UInt32, text: String) {
    self.code = code
    self.failureClass = failureClass
    self.text = text
  }
}
