// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import MeshPluginHost

@Suite("Plugin note")
struct NoteTests {
  private func bytes(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var all: [UInt8] = []
    var block: [UInt8] = Array(repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &block, block.count)
      if count <= 0 { return all }
      all += block[..<count]
    }
  }

  private func note(_ bytes: [UInt8]) -> PluginNote? {
    bytes.withUnsafeBytes { try? NoteReader($0).read() }
  }

  private func parse(_ text: String) -> PluginNote? {
    Array(text.utf8).withUnsafeBytes { try? PluginNote(text: $0) }
  }

  @Test("The note of a compiled plugin is read, with and without section headers")
  func real() throws {
    var file = try bytes(HostilePlugin.path())
    let expected = try #require(note(file))
    #expect(expected.id == "hostile" && expected.abiMajor == 1 && expected.abiMinor == 0)
    // e_shoff and e_shnum: what `strip --strip-section-headers` leaves.
    for offset in Array(40..<48) + [60, 61] { file[offset] = 0 }
    #expect(note(file) == expected)
  }

  @Test("A file cut anywhere gives the note or an error")
  func truncated() throws {
    let file = try bytes(HostilePlugin.path())
    var found = 0
    for length in Array(0..<1024) + Array(stride(from: 1024, to: file.count, by: 97)) {
      if note(Array(file[..<length])) != nil { found += 1 }
    }
    #expect(found > 0, "segments come before the end of the file")
    #expect(note([]) == nil && note(Array(file[..<64])) == nil)
  }

  @Test("A file cut within what is mapped is refused; the shortest that is not can be linked without a fault")
  func cut() throws {
    let file = try bytes(HostilePlugin.path())
    let shortest = try #require((64...file.count).first { note(Array(file[..<$0])) != nil })
    #expect(shortest > file.count / 2)
    let folder = HostilePlugin.temporaryFolder()
    let path = "\(folder)/mesh_hostile.so"
    try HostilePlugin.copy(HostilePlugin.path(), to: path)
    truncate(path, off_t(shortest))
    let node = try TestNode()
    _ = try node.run(node.host.load(path))
    truncate(path, off_t(shortest - 1))
    let refusal = #expect(throws: PluginError.self) { try TestNode().host.load(path) }
    #expect(refusal?.text.contains("the file is cut off") == true)
  }

  @Test("A file with damaged headers gives the note or an error", arguments: 1...40)
  func damaged(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    let file = try bytes(HostilePlugin.path())
    for _ in 0..<50 {
      var copy = file
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        let area = [0..<64, 64..<640, (file.count - 1600)..<file.count].randomElement(using: &generator) ?? 0..<64
        let value: UInt8 = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &generator) ?? 0
        copy[Int.random(in: area, using: &generator)] = value
      }
      if let note = note(copy) { #expect(PluginNote.isIdentifier(note.id)) }
    }
  }

  @Test("Keys may come in any order, with unknown ones between")
  func order() throws {
    let note = try #require(parse("schemes=ws,wss\nnew=thing\nabi=1.7\nversion=0.1\nid=web-socket\n\0\0"))
    #expect(note.id == "web-socket" && note.schemes == ["ws", "wss"] && note.abiMinor == 7)
    #expect(parse("id=a\nversion=1\nabi=1.0")?.schemes == [])
  }

  @Test(
    "A note with a key missing, twice or malformed is refused",
    arguments: [
      "", "id=a", "id=a\nversion=1", "id=A\nversion=1\nabi=1.0", "id=\nversion=1\nabi=1.0",
      "id=a\nid=b\nversion=1\nabi=1.0", "id=a\nversion=1\nabi=1", "id=a\nversion=1\nabi=1.x",
      "id=a\nversion=1\nabi=1.0.0", "id=a\nversion=1\nabi=-1.0", "id=a\nversion=1\nabi=99999999999.0",
      "id=a\nversion=1\nabi=1.0\nschemes=1ws", "id=a\nversion=1\nabi=1.0\nschemes=WS", "id=a\nversion=\nabi=1.0",
      "id=a\nversion=1\nabi=1.0\nnonsense", "id=a\nversion=1\u{1b}\nabi=1.0",
      "id=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nversion=1\nabi=1.0",
      "id=a\nversion=1\nabi=1.0\nschemes=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
    ])
  func malformed(text: String) {
    #expect(parse(text) == nil)
  }

  @Test("A note longer than a kilobyte is refused")
  func long() {
    let text = "id=a\nversion=1\nabi=1.0\nx=" + String(repeating: "y", count: 998)
    #expect(text.utf8.count == 1023 && parse(text) != nil)
    #expect(parse(text + "yy") == nil)
  }
}
