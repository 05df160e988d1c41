// SPDX-License-Identifier: Apache-2.0

/// An addition to a session or a transfer (RFC 9174 sections 4.8 and 5.2.5).
public struct ExtensionItem: Hashable, Sendable {
  /// Whoever does not know it cannot go on.
  public var isCritical: Bool
  /// What it is, by IANA's registry.
  public var type: UInt16
  /// Its value.
  public var value: [UInt8]

  /// An item; see the members.
  public init(isCritical: Bool, type: UInt16, value: [UInt8]) {
    self.isCritical = isCritical
    self.type = type
    self.value = value
  }

  /// Bytes of all items of one message together that are read.
  static let sizeLimit = 4096
  /// The type of a transfer's item that gives its length in bytes.
  static let transferLength: UInt16 = 1

  /// Writes items with their length before them.
  static func write(_ items: [ExtensionItem], to output: inout OctetQueue) {
    output.append(bigEndian: UInt32(items.reduce(0) { $0 + 5 + $1.value.count }))
    for item in items {
      output.append(item.isCritical ? 1 : 0)
      output.append(bigEndian: item.type)
      output.append(bigEndian: UInt16(item.value.count))
      output.append(item.value[...])
    }
  }

  /// Reads items with their length before them; nil when the bytes end too early.
  static func read(_ reader: inout OctetReader) throws(ProtocolFault) -> [ExtensionItem]? {
    guard let size = reader.number(UInt32.self) else { return nil }
    guard size <= sizeLimit else { throw .excessive("\(size) bytes of extension items, more than \(sizeLimit)") }
    guard let bytes = reader.take(Int(size)) else { return nil }
    var items: [ExtensionItem] = []
    var inner = OctetReader(bytes)
    while inner.position < bytes.count {
      guard let flags = inner.number(UInt8.self), let type = inner.number(UInt16.self),
        let length = inner.number(UInt16.self), let value = inner.take(Int(length))
      else { throw .malformed("an extension item ends behind the list that it is in") }
      items.append(ExtensionItem(isCritical: flags & 1 == 1, type: type, value: Array(value)))
    }
    return items
  }
}
