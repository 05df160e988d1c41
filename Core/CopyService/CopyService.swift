// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshFileTransfer
import MeshNode
import MeshSession
import MeshWire

/// Answers `copy.send`: takes a file's bytes from a client of the daemon and sends them to a peer.
///
/// Register it with `server.register(CopySendMethod.self) { copies.handle($0, $1) }`. On the loop's thread.
public final class CopyService {
  /// The transport that carries a peer's traffic of a class now, and why it was chosen; nil while there is none.
  public typealias Path = (NodeID, TrafficClass) -> (transport: String, reason: String)?

  private let sender: FileSender
  private let resolve: (String) throws(ControlError) -> NodeID
  private let path: Path

  /// `resolve` finds a peer by its name or alias; `path` tells clients which transport is in use.
  public init(
    sender: FileSender, resolve: @escaping (String) throws(ControlError) -> NodeID,
    path: @escaping Path = { _, _ in nil }
  ) {
    self.sender = sender
    self.resolve = resolve
    self.path = path
  }

  /// Does one call.
  public func handle(_ call: ControlCall, _ offer: CopyOffer) {
    do throws(ControlError) {
      let peer = try resolve(offer.peer)
      let trafficClass = try Self.trafficClass(offer.trafficClass)
      guard offer.digest.count == FileTransferProtocol.hashLength else {
        throw ControlError(.invalid, "'digest' of 'copy_offer' has \(offer.digest.count) bytes, a SHA-256 has 32")
      }
      let path = self.path
      let copy = ControlledCopy(call, offer) { path(peer, trafficClass) }
      copy.begin(sender, to: peer, trafficClass)
    } catch { call.fail(error) }
  }

  static func trafficClass(_ name: String?) throws(ControlError) -> TrafficClass {
    switch name {
    case nil, "bulk": .bulk
    case "realtime": .realtime
    case "interactive": .interactive
    case "normal": .normal
    case "background": .background
    case let other?:
      throw ControlError(
        .invalid, "'\(other)' is no traffic class",
        hint: "Use 'realtime', 'interactive', 'normal', 'bulk' or 'background'.")
    }
  }
}
