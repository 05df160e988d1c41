// SPDX-License-Identifier: Apache-2.0

/// Finds the plugin note in the bytes of a 64-bit little-endian ELF file (System V gABI, chapters 4 and 5).
///
/// Sections named `.note.mesh` are looked at first, then PT_NOTE segments, for a file may have lost its section
/// headers. Nothing in the file is believed: every offset is checked, and the work is bounded.
public struct NoteReader {
  private static let headerLimit = 512
  private static let notesPerArea = 64
  private static let sectionName = Array(".note.mesh".utf8)

  private let bytes: UnsafeRawBufferPointer

  /// Reads from the whole file's bytes, lent while the reader is used.
  public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The note, or why there is none.
  public func read() throws(PluginError) -> PluginNote {
    guard bytes.count >= 64, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
      throw PluginError(.note, "not an ELF file")
    }
    guard bytes[4] == 2, bytes[5] == 1, half(16) == 3 else {
      throw PluginError(.note, "not a 64-bit little-endian ELF shared object")
    }
    guard isComplete else { throw PluginError(.note, "the file is cut off; copy it again") }
    for area in sections() + segments() {
      if let text = note(in: area.range, alignment: area.alignment) {
        return try PluginNote(text: UnsafeRawBufferPointer(rebasing: bytes[text]))
      }
    }
    throw PluginError(.note, "no note of a mesh plugin (.note.mesh)")
  }

  /// Whether all that is mapped is in the file: touching a page behind its end kills the process, the linker included.
  private var isComplete: Bool {
    guard let table = table(offset: word(32), entrySize: half(54), count: half(56), minimum: 56) else { return false }
    return (0..<table.count).allSatisfy { index in
      let header = table.at(index)
      // PT_LOAD and PT_DYNAMIC.
      guard single(header) == 1 || single(header) == 2 else { return true }
      return range(word(header + 8), word(header + 32)) != nil
    }
  }

  private typealias Area = (range: Range<Int>, alignment: Int)

  private func sections() -> [Area] {
    guard let table = table(offset: word(40), entrySize: half(58), count: half(60), minimum: 64) else { return [] }
    let namesIndex = Int(half(62))
    guard namesIndex < table.count, let names = range(word(table.at(namesIndex) + 24), word(table.at(namesIndex) + 32))
    else { return [] }
    var found: [Area] = []
    for index in 0..<table.count {
      let header = table.at(index)
      // SHT_NOBITS has no bytes in the file.
      guard single(header + 4) != 8, hasName(names, Int(single(header))) else { continue }
      if let range = range(word(header + 24), word(header + 32)) { found.append((range, 4)) }
    }
    return found
  }

  private func segments() -> [Area] {
    guard let table = table(offset: word(32), entrySize: half(54), count: half(56), minimum: 56) else { return [] }
    var found: [Area] = []
    for index in 0..<table.count {
      let header = table.at(index)
      guard single(header) == 4, let range = range(word(header + 8), word(header + 32)) else { continue }
      found.append((range, word(header + 48) == 8 ? 8 : 4))
    }
    return found
  }

  /// The descriptor of the first note owned by "mesh" with type 1.
  private func note(in area: Range<Int>, alignment: Int) -> Range<Int>? {
    var position = area.lowerBound
    for _ in 0..<NoteReader.notesPerArea {
      guard area.upperBound - position >= 12 else { return nil }
      let nameSize = Int(single(position))
      let textSize = Int(single(position + 4))
      let type = single(position + 8)
      let name = position + 12
      guard nameSize <= area.upperBound - name else { return nil }
      let text = area.lowerBound + aligned(name + nameSize - area.lowerBound, alignment)
      guard text <= area.upperBound, textSize <= area.upperBound - text else { return nil }
      if type == 1, nameSize == 5, bytes[name..<(name + 5)].elementsEqual([0x6d, 0x65, 0x73, 0x68, 0]) {
        return text..<(text + textSize)
      }
      position = area.lowerBound + aligned(text + textSize - area.lowerBound, alignment)
    }
    return nil
  }

  private struct Table {
    let offset: Int
    let entrySize: Int
    let count: Int
    func at(_ index: Int) -> Int { offset + index * entrySize }
  }

  private func table(offset: UInt64, entrySize: UInt16, count: UInt16, minimum: Int) -> Table? {
    let size = Int(entrySize)
    let entries = min(Int(count), NoteReader.headerLimit)
    guard size >= minimum, entries > 0, range(offset, UInt64(size * entries)) != nil else { return nil }
    return Table(offset: Int(offset), entrySize: size, count: entries)
  }

  private func hasName(_ names: Range<Int>, _ offset: Int) -> Bool {
    guard offset < names.count else { return false }
    let start = names.lowerBound + offset
    let wanted = NoteReader.sectionName
    guard names.upperBound - start > wanted.count else { return false }
    return bytes[start..<(start + wanted.count)].elementsEqual(wanted) && bytes[start + wanted.count] == 0
  }

  private func range(_ offset: UInt64, _ size: UInt64) -> Range<Int>? {
    let total = UInt64(bytes.count)
    guard offset <= total, size <= total - offset else { return nil }
    return Int(offset)..<Int(offset + size)
  }

  private func aligned(_ value: Int, _ alignment: Int) -> Int { (value + alignment - 1) & ~(alignment - 1) }
  private func half(_ at: Int) -> UInt16 {
    UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self))
  }
  private func single(_ at: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
  }
  private func word(_ at: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
  }
}
