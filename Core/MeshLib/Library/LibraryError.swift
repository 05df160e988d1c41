// SPDX-License-Identifier: Apache-2.0
import CLibrary
import CMeshABI
import MeshControl

/// Why a call failed: its code, and the sentence of `mesh_last_error`.
struct LibraryError: Error {
  /// A code of mesh.h.
  let code: Int32
  /// For people.
  let sentence: String

  /// An error with its sentence.
  init(_ code: ErrorCode, _ sentence: String) {
    self.code = code.rawValue
    self.sentence = sentence
  }

  /// An error whose sentence was left already.
  init(_ code: Int32) {
    self.code = code
    sentence = mesh_last_error().map { String(cString: $0) } ?? ""
  }

  /// An error of the node or daemon.
  init(_ error: ControlError) {
    code = ErrorCode(rawValue: error.code) == nil ? ErrorCode.internal.rawValue : error.code
    sentence = error.hint.isEmpty ? error.message : "\(error.message). \(error.hint)"
  }

  static let noMemory = LibraryError(.noMemory, "there is no memory")

  /// The code, after the sentence was left for `mesh_last_error`.
  func tell() -> Int32 { refuse(code, sentence) }
}

/// Leaves a sentence for `mesh_last_error` and returns the code.
func refuse(_ code: Int32, _ sentence: String) -> Int32 {
  var sentence = sentence
  sentence.withUTF8 { bytes in
    bytes.withMemoryRebound(to: CChar.self) { library_set_error($0.baseAddress ?? emptyText, $0.count) }
  }
  return code
}

/// The same for sentences that are known beforehand, without a copy on the heap.
@inline(never)
func refuse(_ code: ErrorCode, _ sentence: StaticString) -> Int32 {
  sentence.withUTF8Buffer { bytes in
    bytes.withMemoryRebound(to: CChar.self) { library_set_error($0.baseAddress ?? emptyText, $0.count) }
  }
  return code.rawValue
}

/// A NUL, for ever.
nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = {
  let text = UnsafeMutablePointer<CChar>.allocate(capacity: 8)
  text.initialize(repeating: 0, count: 8)
  return UnsafePointer(text)
}()
