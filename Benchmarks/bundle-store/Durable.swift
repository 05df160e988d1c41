// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore
import CLMDB
import Glibc

/// Durable bundles of 1 kB a second: appended to a file in groups with fdatasync, put into a bare LMDB in the same
/// groups, and taken by the store: parsed with their CRC-32C, indexed, synced and acknowledged.
struct Durable {
  let folder: String
  let seconds: Double
  static let group = 256

  func measure() throws {
    let bundles = Self.bundles(4096)
    figure("fdatasync", "durable-1k", try raw(bundles), "bundles/s")
    figure("lmdb", "durable-1k", try lmdb(bundles), "bundles/s")
    figure("libmesh-store", "durable-1k", try store(), "bundles/s")
  }

  static func bundles(_ count: Int, first: Int = 0, payload: Int = 900) -> [[UInt8]] {
    (first..<(first + count)).map { number in
      let primary = PrimaryBlock(
        destination: .dtn("//destination/mail"), source: .dtn("//source-\(number % 16)/mail"),
        timestamp: CreationTimestamp(time: 800_000_000_000, sequence: UInt64(number)), lifetime: 1 << 40)
      return Bundle(primary: primary, payload: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: payload))
        .encoded
    }
  }

  private func raw(_ bundles: [[UInt8]]) throws -> Double {
    let file = open("\(folder)/raw", O_CREAT | O_WRONLY | O_APPEND, 0o600)
    guard file >= 0 else { throw BenchmarkError(text: "no file in \(folder)") }
    defer { close(file) }
    let group = bundles[..<Self.group].flatMap { $0 }
    let start = now()
    var count = 0
    while now() - start < seconds {
      guard write(file, group, group.count) == group.count, fdatasync(file) == 0 else {
        throw BenchmarkError(text: "writing failed")
      }
      count += Self.group
    }
    return Double(count) / (now() - start)
  }

  private func lmdb(_ bundles: [[UInt8]]) throws -> Double {
    mkdir("\(folder)/lmdb", 0o700)
    var environment: OpaquePointer?
    mdb_env_create(&environment)
    mdb_env_set_mapsize(environment, 64 << 30)
    guard mdb_env_open(environment, "\(folder)/lmdb", 0, 0o600) == 0 else { throw BenchmarkError(text: "no database") }
    defer { mdb_env_close(environment) }
    let start = now()
    var number = 0
    while now() - start < seconds {
      var transaction: OpaquePointer?
      mdb_txn_begin(environment, nil, 0, &transaction)
      var table: MDB_dbi = 0
      mdb_dbi_open(transaction, nil, UInt32(MDB_INTEGERKEY), &table)
      for _ in 0..<Self.group {
        number += 1
        let code = bundles[number % bundles.count].withUnsafeBytes { bytes -> Int32 in
          var value = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
          return withUnsafeMutableBytes(of: &number) { keyBytes in
            var key = MDB_val(mv_size: 8, mv_data: keyBytes.baseAddress)
            return mdb_put(transaction, table, &key, &value, UInt32(MDB_APPEND))
          }
        }
        guard code == 0 else { throw BenchmarkError(text: "putting failed") }
      }
      guard mdb_txn_commit(transaction) == 0 else { throw BenchmarkError(text: "committing failed") }
    }
    return Double(number) / (now() - start)
  }

  /// At most so many wait for the disk at a time, as over sessions with their windows.
  private static let window = 2048

  private func store() throws -> Double {
    var limits = StoreLimits()
    limits.total = .init(bytes: 64 << 30, count: 100_000_000)
    let store = try BundleStore(folder: "\(folder)/store", limits: limits)
    var taken = 0
    var acknowledged = 0
    var spent = 0.0
    while spent < seconds {
      // Made outside of the time that counts: a peer does that.
      let bundles = Self.bundles(16_384, first: taken)
      let start = now()
      for bytes in bundles {
        let bundle = try Bundle(bytes)
        let record = BundleRecord(
          id: bundle.id, destination: bundle.primary.destination,
          deadline: bundle.primary.timestamp.time + bundle.primary.lifetime)
        guard case .admitted = store.admit(bytes, record, now: 1) else { throw BenchmarkError(text: "not admitted") }
        taken += 1
        while taken - acknowledged >= Self.window {
          let done = store.collect()
          guard done.allSatisfy({ $0.error == nil }) else { throw BenchmarkError(text: "not stored") }
          acknowledged += done.count
          if done.isEmpty { usleep(20) }
        }
      }
      store.flush()
      acknowledged += store.collect().count
      spent += now() - start
    }
    guard acknowledged == taken else { throw BenchmarkError(text: "\(acknowledged) of \(taken) acknowledged") }
    return Double(taken) / spent
  }
}
