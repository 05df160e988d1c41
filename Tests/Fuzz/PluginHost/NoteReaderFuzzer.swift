// SPDX-License-Identifier: Apache-2.0
// Feeds the reader of plugin notes with damaged files. From the root of the repository:
//   swiftc -O -g -parse-as-library -sanitize=fuzzer,address -o note-fuzzer \
//     Tests/Fuzz/PluginHost/NoteReaderFuzzer.swift Core/PluginHost/{NoteReader,PluginNote,PluginError}.swift
//   SWIFT_BACKTRACE=enable=no ./note-fuzzer -max_total_time=30 -max_len=65536 <folder with plugins as seeds>

/// One file's bytes: the reader may find a note that keeps its rules, or throw.
@c(LLVMFuzzerTestOneInput)
public func fuzzNoteReader(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  guard let note = try? NoteReader(bytes).read() else { return 0 }
  precondition(PluginNote.isIdentifier(note.id) && note.schemes.count <= 16 && note.version.utf8.count <= 64)
  return 0
}
