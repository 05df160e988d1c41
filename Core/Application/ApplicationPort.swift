// SPDX-License-Identifier: Apache-2.0
import CApplication
import MeshControl
import MeshNode

/// One application's place in a node: takes its commands, tells it events, and holds what it serves and has under way.
///
/// The same port stands behind a handle in the process and behind a connection to meshd. It belongs to the loop's
/// thread. Commands are read as they come; a flow or stream that the peer does not empty waits here, within the window
/// that the application was given, and holds up no other.
public final class ApplicationPort {
  /// The node it is a place in.
  public let node: Node
  private let sink: EventSink

  /// A place for an application called `name`, for logs; events go to `sink`.
  /// - Parameters:
  ///   - control: answers `APP_CONTROL`; see `NodeService` in MeshService for the methods of a node.
  ///   - access: which of those methods the application may call.
  public init(node: Node, sink: EventSink, name: String, control: ControlServer, access: ControlAccess) {
    self.node = node
    self.sink = sink
  }

  /// False while so many answers wait for the sink that no command is read. Look again after `resume`.
  public var wantsCommands: Bool { true }

  /// Reads commands, all of them unless `wantsCommands` becomes false.
  /// - Parameter bytes: aligned to 8 bytes.
  /// - Returns: how many bytes were whole commands and have been read; the rest is to be given again with more.
  /// - Throws: when a command breaks the protocol; the application is to be cut off.
  public func submit(_ bytes: UnsafeRawBufferPointer) throws(ApplicationFault) -> Int { 0 }

  /// The length of the command at the start of `bytes`, or 0 when that needs more bytes: a reader makes room for it.
  public static func length(of bytes: UnsafeRawBufferPointer) throws(ApplicationFault) -> Int { 0 }

  /// The sink has room again: tells what had to wait.
  public func resume() {}

  /// Called at the end of each turn of the node, after `Node` (a hook of the loop added later): tells credit.
  public func turnEnded() {}

  /// The application is gone: what it serves is refused from now on, what it has sent goes on.
  public func close() {}
}
