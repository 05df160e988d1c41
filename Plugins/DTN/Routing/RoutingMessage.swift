// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// What two nodes tell each other when they meet: a CBOR array that begins with its kind. Later versions may append
/// items.
enum RoutingMessage: Equatable {
  /// A piece of the list of bundles that the sender holds.
  case summary(isLast: Bool, [BundleID])
  /// Bundles that are at their destination, and their deadlines.
  case delivered([(id: BundleID, deadline: UInt64)])
  /// Predictabilities of PRoPHET.
  case predictabilities([(node: EndpointID, value: UInt16)])

  static func == (one: RoutingMessage, other: RoutingMessage) -> Bool { one.encoded == other.encoded }

  var encoded: [UInt8] {
    var writer = ItemWriter()
    switch self {
    case .summary(let isLast, let ids):
      writer.array(3)
      writer.unsigned(1)
      writer.bool(isLast)
      BundleIdentities.write(ids[...], to: &writer)
    case .delivered(let entries):
      writer.array(3)
      writer.unsigned(2)
      // In the order in which the identities come out when they are read: by source.
      var sources: [EndpointID: Int] = [:]
      for entry in entries where sources[entry.id.source] == nil { sources[entry.id.source] = sources.count }
      let sorted = entries.enumerated().sorted { one, other in
        (sources[one.element.id.source] ?? 0, one.offset) < (sources[other.element.id.source] ?? 0, other.offset)
      }.map { $0.element }
      BundleIdentities.write(sorted.map { $0.id }[...], to: &writer)
      writer.array(sorted.count)
      for entry in sorted { writer.unsigned(entry.deadline) }
    case .predictabilities(let table):
      writer.array(2)
      writer.unsigned(3)
      writer.array(table.count)
      for (node, value) in table {
        writer.array(2)
        node.write(to: &writer)
        writer.unsigned(UInt64(value))
      }
    }
    return writer.bytes
  }

  /// Nil for a kind that is not known here.
  static func read(_ bytes: [UInt8]) throws(BundleError) -> RoutingMessage? {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(BundleError) -> RoutingMessage? in
        var reader = ItemReader(bytes)
        return try read(&reader)
      }
    }
    return try result.get()
  }

  private static func read(_ reader: inout ItemReader) throws(BundleError) -> RoutingMessage? {
    let count = try reader.array("a routing message")
    guard count >= 2 else { throw reader.malformed("a routing message has \(count) items") }
    let kind = try reader.unsigned("the kind of a routing message")
    guard kind != 1 && kind != 2 || count >= 3 else { throw reader.malformed("a routing message has \(count) items") }
    switch kind {
    case 1:
      let isLast = try reader.bool("whether a list ends")
      return .summary(isLast: isLast, try BundleIdentities.read(&reader))
    case 2:
      let ids = try BundleIdentities.read(&reader)
      guard try reader.array("deadlines") == ids.count else { throw reader.malformed("not one deadline each") }
      var entries: [(id: BundleID, deadline: UInt64)] = []
      for id in ids { entries.append((id, try reader.unsigned("a deadline"))) }
      return .delivered(entries)
    case 3: return .predictabilities(try table(&reader))
    default: return nil
    }
  }

  private static func table(_ reader: inout ItemReader) throws(BundleError) -> [(node: EndpointID, value: UInt16)] {
    let count = try reader.array("predictabilities")
    guard count <= BundleIdentities.limit else { throw BundleError(.limit, "\(count) predictabilities", at: 0) }
    var table: [(node: EndpointID, value: UInt16)] = []
    for _ in 0..<count {
      guard try reader.array("a predictability") == 2 else { throw reader.malformed("a predictability is not a pair") }
      let node = try EndpointID(from: &reader, limits: .lenient)
      guard let value = UInt16(exactly: try reader.unsigned("a predictability")) else {
        throw reader.malformed("a predictability above 65535")
      }
      table.append((node, value))
    }
    return table
  }
}
