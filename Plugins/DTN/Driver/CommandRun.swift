// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// One command under way: what the person has not read yet, and what goes on.
final class CommandRun {
  let token: UInt64
  let isJSON: Bool
  /// The endpoint whose bundles are printed as they come.
  var service: String?
  /// The bundle that was made and is on its way to the disk.
  var made: UInt64?
  /// Those that were printed and wait to be read.
  var printed: [UInt64] = []
  private var output: [UInt8] = []
  private var end: (status: Int32, sentence: String)?

  /// More than this waits for the person.
  static let limit = 4 << 20

  init(_ token: UInt64, isJSON: Bool) {
    self.token = token
    self.isJSON = isJSON
  }

  var hasRoom: Bool { output.count < Self.limit }
  var isEmpty: Bool { output.isEmpty }

  func print(_ text: String) { output += Array((text + "\n").utf8) }

  func finish(_ status: Int32 = MESH_OK, _ sentence: String = "") { end = (status, sentence) }

  /// Writes what there is; true when the command is over.
  func flush(_ host: Host) -> Bool {
    var at = 0
    while at < output.count {
      let part = output[at..<min(at + Int(MESH_COMMAND_WRITE_MAX), output.count)]
      let code = host.write(Array(part), to: token)
      if code == MESH_E_AGAIN { break }
      guard code == MESH_OK else { return true }
      at += part.count
    }
    output.removeFirst(at)
    guard output.isEmpty, let end else { return false }
    host.finish(token, end.status, end.sentence)
    return true
  }
}
