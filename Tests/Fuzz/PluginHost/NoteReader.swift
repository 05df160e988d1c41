// SPDX-License-Identifier: Apache-2.0
// Modules: MeshEventLoop=Core/EventLoop MeshPluginHost=Core/PluginHost
// Seeds: build/plugins/mesh_unix.so
import MeshPluginHost

/// One file's bytes: the reader may find a note that keeps its rules, or throw.
@c(LLVMFuzzerTestOneInput)
public func fuzzNoteReader(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  guard let note = try? NoteReader(bytes).read() else { return 0 }
  precondition((1...32).contains(note.id.utf8.count) && note.schemes.count <= 16 && note.version.utf8.count <= 64)
  return 0
}
