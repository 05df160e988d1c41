// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshNode
import MeshObserve
import MeshWire

/// Brings log lines of any thread to the port's; the port is looked at on its own thread only.
final class LogReader: @unchecked Sendable {
  let loop: EventLoop
  private let port: Backlink<ApplicationPort>

  init(_ port: ApplicationPort) {
    loop = port.node.loop
    self.port = port.backlink
  }

  func read(_ line: [UInt8], _ level: LogLevel) { port.object?.logLine(line, level) }
}
