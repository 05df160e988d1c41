// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// One key of a plugin's part of the YAML.
package struct OptionSchema {
  package let name: StaticString
  package let help: StaticString
  package var fallback: StaticString?
  package var range: ClosedRange<Int64>?
  package let type: UInt32
  package var flags: UInt32

  package init(
    name: StaticString, help: StaticString, fallback: StaticString? = nil, range: ClosedRange<Int64>? = nil,
    type: UInt32, flags: UInt32 = 0
  ) {
    self.name = name
    self.help = help
    self.fallback = fallback
    self.range = range
    self.type = type
    self.flags = flags
  }

  /// The keys as the host reads them: memory that is never freed.
  package static func table(_ entries: [OptionSchema]) -> UnsafePointer<mesh_option> {
    let table = UnsafeMutablePointer<mesh_option>.allocate(capacity: entries.count)
    for (index, entry) in entries.enumerated() {
      var option = mesh_option()
      option.name = Text.pointer(entry.name)
      option.help = Text.pointer(entry.help)
      option.fallback = entry.fallback.map { Text.pointer($0) }
      option.min = entry.range?.lowerBound ?? 0
      option.max = entry.range?.upperBound ?? 0
      option.type = entry.type
      option.flags = entry.flags
      (table + index).initialize(to: option)
    }
    return UnsafePointer(table)
  }
}
