// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore
import Glibc
import TestSupport

/// Puts bundles of all sizes into a store, and takes some out again; what was acknowledged is written to `acks`.
enum Workload {
  /// A bundle by its number: its bytes tell whether it is whole.
  static func bundle(_ number: UInt64) -> Bundle {
    var random = SeededGenerator(number)
    let size = [20, 200, 1000, 6000, 30_000][Int(random.next() % 5)]
    let primary = PrimaryBlock(
      destination: .dtn("//to/\(number % 7)"), source: .dtn("//from/x"),
      timestamp: CreationTimestamp(time: 1_000_000, sequence: number), lifetime: 1 << 40)
    return Bundle(primary: primary, payload: random.bytes(size))
  }

  static func run(folder: String, bundles: Int, seed: UInt64) throws {
    let acknowledgments = open("\(folder)/acks", O_CREAT | O_WRONLY | O_APPEND, 0o600)
    guard acknowledgments >= 0 else { throw PowerError(text: "no file in \(folder)") }
    let store = try BundleStore(folder: folder)
    var random = SeededGenerator(seed)
    var numbers: [UInt64: UInt64] = [:]
    var kept: [UInt64] = []
    /// Number and kind: 1 for stored, 2 for taken out, 3 for read, said before it is done.
    func tell(_ number: UInt64, _ kind: UInt64) {
      let words = [number, kind]
      words.withUnsafeBytes { bytes in precondition(write(acknowledgments, bytes.baseAddress, 16) == 16) }
    }
    func collect() throws {
      for done in store.collect() {
        guard done.error == nil, let number = numbers[done.sequence] else { throw PowerError(text: "not stored") }
        tell(number, 1)
        kept.append(done.sequence)
      }
    }
    for number in 0..<UInt64(bundles) {
      let bundle = bundle(number)
      let record = BundleRecord(id: bundle.id, destination: bundle.primary.destination, deadline: 1 << 41)
      guard case .admitted(let sequence, _) = store.admit(bundle.encoded, record, now: 1) else {
        throw PowerError(text: "not admitted")
      }
      numbers[sequence] = number
      if random.next() % 4 == 0, !kept.isEmpty {
        let one = kept.remove(at: Int(random.next() % UInt64(kept.count)))
        let isRead = random.next() % 2 == 0
        tell(numbers[one] ?? 0, isRead ? 3 : 2)
        if isRead, let record = try store.record(one) {
          store.remove(read: one, record, now: 1)
        } else {
          store.remove(one)
        }
      }
      if random.next() % 8 == 0, let one = kept.randomElement(using: &random) { try store.mark(one, .forwarded) }
      if random.next() % 5 == 0 { store.flush() }
      try collect()
    }
    store.flush()
    try collect()
  }
}
