// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

/// One figure that a plugin keeps about itself.
public struct PluginFigure: Sendable, Equatable {
  static let limit = 128

  /// Lower case, digits and underscore.
  public let name: String
  /// One sentence, or empty.
  public let help: String
  /// The figure now.
  public let value: UInt64
  /// A counter only grows; anything else is a gauge.
  public let isCounter: Bool

  /// Nil for a name that is not one.
  init?(_ stat: mesh_stat) {
    guard let name = stat.name, (1...64).contains(strnlen(name, 65)) else { return nil }
    let text = String(cString: name)
    let isName = text.utf8.allSatisfy {
      (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f
    }
    guard isName else { return nil }
    self.name = text
    help = stat.help.map { printable(UnsafeRawBufferPointer(start: $0, count: strnlen($0, 256)), limit: 256) } ?? ""
    value = stat.value
    isCounter = stat.kind == MESH_STAT_COUNTER
  }
}
