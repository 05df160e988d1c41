// SPDX-License-Identifier: Apache-2.0

/// One listener and what is needed to open it again on another plugin generation.
struct ListenerRecord {
  var generation: UInt32 = 1
  var address = ""
  var isListening = false
  /// The accepting socket that the plugin began to watch while it was asked to listen, or -1.
  var descriptor: Int32 = -1
  var incarnation: Incarnation?
}

/// The listeners by id. Small and off the data path.
struct ListenerTable {
  static let limit = 1024
  private var records: [ListenerRecord] = []

  func record(_ id: UInt64) -> ListenerRecord? {
    let slot = Int(id & 0xffff_ffff)
    guard slot < records.count, records[slot].generation == UInt32(truncatingIfNeeded: id >> 32),
      records[slot].incarnation != nil
    else { return nil }
    return records[slot]
  }

  mutating func insert(_ incarnation: Incarnation, address: String) -> ListenerID? {
    let slot: Int
    if let reused = records.firstIndex(where: { $0.incarnation == nil && $0.generation < UInt32.max }) {
      slot = reused
    } else {
      guard records.count < ListenerTable.limit else { return nil }
      slot = records.count
      records.append(ListenerRecord())
    }
    records[slot].address = address
    records[slot].isListening = false
    records[slot].descriptor = -1
    records[slot].incarnation = incarnation
    return ListenerID(rawValue: UInt64(records[slot].generation) << 32 | UInt64(slot))
  }

  mutating func setListening(_ id: ListenerID) { records[Int(id.rawValue & 0xffff_ffff)].isListening = true }

  mutating func setDescriptor(_ id: ListenerID, _ descriptor: Int32) {
    guard record(id.rawValue) != nil else { return }
    records[Int(id.rawValue & 0xffff_ffff)].descriptor = descriptor
  }

  mutating func move(_ id: ListenerID, to incarnation: Incarnation) {
    records[Int(id.rawValue & 0xffff_ffff)].incarnation = incarnation
    records[Int(id.rawValue & 0xffff_ffff)].isListening = false
    records[Int(id.rawValue & 0xffff_ffff)].descriptor = -1
  }

  mutating func remove(_ id: ListenerID) {
    guard record(id.rawValue) != nil else { return }
    let slot = Int(id.rawValue & 0xffff_ffff)
    records[slot].incarnation = nil
    records[slot].address = ""
    records[slot].generation += 1
  }

  func listeners(of incarnation: Incarnation) -> [ListenerID] {
    records.indices.filter { records[$0].incarnation === incarnation }
      .map { ListenerID(rawValue: UInt64(records[$0].generation) << 32 | UInt64($0)) }
  }
}
