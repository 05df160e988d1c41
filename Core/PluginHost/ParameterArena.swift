// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

/// Parameters laid out as the plugin ABI wants them, in storage that is zeroed before it is freed.
struct ParameterArena {
  let parameters: UnsafeMutablePointer<mesh_param>
  private let count: Int
  private let text: UnsafeMutableRawPointer
  private let textSize: Int

  init(_ values: [PluginParameter]) {
    count = values.count
    parameters = .allocate(capacity: max(count, 1))
    parameters.initialize(repeating: mesh_param(), count: max(count, 1))
    var size = 1
    for value in values {
      size += value.name.utf8.count + 1
      if case .text(let text) = value.value { size += text.utf8.count + 1 }
    }
    textSize = size
    text = .allocate(byteCount: size, alignment: 1)
    memset(text, 0, size)
    var position = 0
    for (index, value) in values.enumerated() {
      parameters[index].name = copy(value.name, &position)
      parameters[index].type = value.type
      parameters[index].line = value.line
      parameters[index].column = value.column
      switch value.value {
      case .integer(let number): parameters[index].value.integer = number
      case .text(let string):
        parameters[index].value.text = copy(string, &position)
        parameters[index].len = UInt32(truncatingIfNeeded: string.utf8.count)
      }
    }
  }

  func free() {
    explicit_bzero(text, textSize)
    explicit_bzero(parameters, MemoryLayout<mesh_param>.stride * max(count, 1))
    text.deallocate()
    parameters.deallocate()
  }

  private func copy(_ string: String, _ position: inout Int) -> UnsafePointer<CChar> {
    let start = text + position
    var offset = 0
    for byte in string.utf8 {
      start.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
      offset += 1
    }
    position += offset + 1
    return UnsafePointer(start.assumingMemoryBound(to: CChar.self))
  }
}
