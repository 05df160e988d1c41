// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import Testing

@testable import BundleStore

/// The quota is full before the database is.
@Suite struct MapSizeTests {
  private func record(_ number: UInt64, nameOf length: Int) -> BundleRecord {
    let name = "//" + String(repeating: "n", count: length) + "/"
    return BundleRecord(
      id: BundleID(source: .dtn(name), timestamp: CreationTimestamp(time: 5, sequence: number)),
      destination: .dtn(name), deadline: 1_000_000, marks: .replicated)
  }

  /// Values just over half a page and just over a page have pages of their own; records with long names too.
  @Test(arguments: [(100, 1), (1400, 1), (2100, 1), (2100, 1000), (4100, 1), (12_400, 1), (300_000, 1)])
  func aStoreTakesAsMuchAsItsQuotaAndThenMakesRoom(size: Int, name: Int) throws {
    let folder = Folder()
    var limits = StoreLimits()
    limits.total = .init(bytes: 4 << 20, count: 20_000)
    // A whole database is larger: the share of each bundle is what is looked at.
    let store = try BundleStore(
      folder: folder.path, limits: limits, slack: 1 << 20,
      guarding: { group, write throws(StoreError) in try write(group) })
    let bytes = [UInt8](repeating: 7, count: size)
    let fits = min(Int(limits.total.bytes) / size, Int(limits.total.count))
    var evicted = 0
    var errors: [StoreError] = []
    for number in 0..<UInt64(fits + fits / 4) {
      guard case .admitted(_, let gone) = store.admit(bytes, record(number, nameOf: name), now: 0) else {
        Issue.record("no room for bundle \(number)")
        return
      }
      evicted += gone.count
      if number % 256 == 0 {
        store.flush()
        errors += store.collect().compactMap(\.error)
      }
    }
    store.flush()
    errors += store.collect().compactMap(\.error)
    #expect(errors.isEmpty)
    #expect(store.count == fits)
    #expect(evicted == fits / 4)
  }

  @Test func noQuotaMakesTheMapTooLarge() {
    var limits = StoreLimits()
    for bytes in [0, 1, 1 << 30, 1 << 43, 1 << 62, UInt64.max] {
      for count in [0, 1, 1_000_000, 1 << 62, UInt64.max] as [UInt64] {
        limits.total = .init(bytes: bytes, count: count)
        #expect(limits.mapSize(slack: 1 << 20) <= 1 << 44)
        #expect(limits.mapSize(slack: 1 << 20) >= min(1 << 44, 1 << 20))
      }
    }
    #expect(StoreLimits().mapSize(slack: StoreLimits.slack) >= 2 << 30)
  }
}
