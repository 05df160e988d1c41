// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

/// Values as the host gives them, in memory that lives as long as this.
final class Parameters {
  private var texts: [UnsafeMutablePointer<CChar>] = []
  private var all: [mesh_param] = []

  init(_ texts: [(name: String, value: String)]) {
    for (index, one) in texts.enumerated() {
      var parameter = mesh_param()
      parameter.type = MESH_TYPE_STRING
      parameter.name = UnsafePointer(keep(one.name))
      parameter.value.text = UnsafePointer(keep(one.value))
      parameter.len = UInt32(one.value.utf8.count)
      parameter.line = UInt32(index + 1)
      all.append(parameter)
    }
  }

  deinit { for text in texts { free(text) } }

  private func keep(_ text: String) -> UnsafeMutablePointer<CChar> {
    let copy = strdup(text)!
    texts.append(copy)
    return copy
  }

  func number(_ name: String, _ value: Int64, type: UInt32) {
    var parameter = mesh_param()
    parameter.type = type
    parameter.name = UnsafePointer(keep(name))
    parameter.value.integer = value
    all.append(parameter)
  }

  func with<Result>(_ body: (UnsafeBufferPointer<mesh_param>) throws -> Result) rethrows -> Result {
    try all.withUnsafeBufferPointer { try body($0) }
  }
}
