// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshNode
import MeshObserve

extension ApplicationPort {
  /// Follows the log up to a level of `mesh_open_options.log_level`; 0 = not at all.
  func followLog(_ level: UInt64) {
    stopLog()
    let levels: [LogLevel] = [.error, .warning, .info, .debug]
    guard level > 0 else { return }
    let level = levels[Int(min(level, UInt64(levels.count))) - 1]
    let reader = LogReader(self)
    logTap = node.log.addTap(level) { line, level in
      let bytes = Array(line.dropLast())
      reader.loop.post { reader.read(bytes, level) }
    }
  }

  func stopLog() {
    if let logTap { node.log.removeTap(logTap) }
    logTap = nil
  }

  func logLine(_ line: [UInt8], _ level: LogLevel) {
    guard !isClosed else { return }
    let header = application_event(MESH_ON_LOG, value: UInt64(level.rawValue) + 1)
    let isTaken = news.isEmpty && line.withUnsafeBytes { offer(header, meta: .empty, data: $0) }
    if !isTaken { news.lostLines += 1 }
  }

  func tellLostLines() {
    guard news.lostLines > 0 else { return }
    let text = Array("\(news.lostLines) lines were left out".utf8)
    let header = application_event(MESH_ON_LOG, value: 2)
    if text.withUnsafeBytes({ offer(header, meta: .empty, data: $0) }) { news.lostLines = 0 }
  }
}
