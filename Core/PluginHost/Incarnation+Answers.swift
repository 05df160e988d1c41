// SPDX-License-Identifier: Apache-2.0
import CMeshABI

extension Incarnation {
  /// Asks the plugin for something, and what a person has to know when it answers no: the error that the plugin logged
  /// meanwhile, else `words`, with the name that `meshctl explain` knows. The sentence is nil when it answers OK.
  func asked(_ words: @autoclosure () -> String, _ question: () -> Int32) -> (code: Int32, sentence: String?) {
    complaint = nil
    let code = question()
    let said = complaint
    complaint = nil
    return (code, code == MESH_OK ? nil : "\(said ?? words()) (MESH_E_\(errorName(code)))")
  }
}

extension String {
  /// An address without what is behind its '#', which may let in whoever reads it.
  var withoutFragment: String { firstIndex(of: "#").map { "\(self[..<$0])#…" } ?? self }
}
