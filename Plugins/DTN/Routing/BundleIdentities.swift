// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Lists of bundle identities in routing messages: by source, in CBOR, exact.
enum BundleIdentities {
  /// Identities in one message at most.
  static let limit = 4096

  static func write(_ ids: ArraySlice<BundleID>, to writer: inout ItemWriter) {
    var groups: [(source: EndpointID, ids: [BundleID])] = []
    var places: [EndpointID: Int] = [:]
    for id in ids {
      if let place = places[id.source] {
        groups[place].ids.append(id)
      } else {
        places[id.source] = groups.count
        groups.append((id.source, [id]))
      }
    }
    writer.array(groups.count)
    for group in groups {
      writer.array(2)
      group.source.write(to: &writer)
      writer.array(group.ids.count)
      for id in group.ids {
        writer.array(id.fragment == nil ? 2 : 4)
        writer.unsigned(id.timestamp.time)
        writer.unsigned(id.timestamp.sequence)
        if let fragment = id.fragment {
          writer.unsigned(fragment.offset)
          writer.unsigned(fragment.length)
        }
      }
    }
  }

  static func read(_ reader: inout ItemReader) throws(BundleError) -> [BundleID] {
    var ids: [BundleID] = []
    for _ in 0..<(try reader.array("a list of identities")) {
      guard try reader.array("identities of a source") == 2 else {
        throw reader.malformed("identities of a source are not a pair")
      }
      let source = try EndpointID(from: &reader, limits: .lenient)
      for _ in 0..<(try reader.array("identities of a source")) {
        let count = try reader.array("an identity")
        guard count == 2 || count == 4 else { throw reader.malformed("an identity has \(count) items") }
        guard ids.count < limit else { throw BundleError(.limit, "more than \(limit) identities", at: reader.position) }
        let time = try reader.unsigned("a creation time")
        let timestamp = CreationTimestamp(time: time, sequence: try reader.unsigned("a sequence number"))
        var id = BundleID(source: source, timestamp: timestamp)
        if count == 4 {
          let offset = try reader.unsigned("a fragment's offset")
          id.fragment = .init(offset: offset, length: try reader.unsigned("a fragment's length"))
        }
        ids.append(id)
      }
    }
    return ids
  }
}
