// SPDX-License-Identifier: Apache-2.0
import CLMDB
import Glibc

/// The database of one store: records and bundles by sequence number, in the order of arrival, and records of bundles that
/// were read, in the order of reading.
///
/// Writing belongs to one thread at a time, reading to any. Every commit is synced by LMDB before it returns.
final class LMDBEnvironment: @unchecked Sendable {
  private let environment: OpaquePointer
  private let folder: String
  private let records: MDB_dbi
  private let bundles: MDB_dbi
  private let read: MDB_dbi

  /// What records are of.
  enum Table { case stored, read }

  /// - Parameters:
  ///   - folder: made when it is missing, for its owner only.
  ///   - mapSize: bytes that the database may grow to; only addresses are used up by it.
  init(folder: String, mapSize: Int) throws(StoreError) {
    if mkdir(folder, 0o700) != 0, errno != EEXIST {
      let code = errno
      throw StoreError("the folder \(folder) cannot be made: \(String(cString: strerror(code)))", code: code)
    }
    var handle: OpaquePointer?
    try Self.check(mdb_env_create(&handle), "a database")
    guard let handle else { throw StoreError("a database cannot be made") }
    environment = handle
    self.folder = folder
    do throws(StoreError) {
      try Self.check(mdb_env_set_mapsize(handle, mapSize), "the database's size")
      try Self.check(mdb_env_set_maxdbs(handle, 4), "the database's tables")
      try Self.check(mdb_env_open(handle, folder, UInt32(MDB_NOTLS), 0o600), "the database in \(folder)")
      var transaction: OpaquePointer?
      try Self.check(mdb_txn_begin(handle, nil, 0, &transaction), "the database in \(folder)")
      var first: MDB_dbi = 0
      var second: MDB_dbi = 0
      var third: MDB_dbi = 0
      let flags = UInt32(MDB_CREATE | MDB_INTEGERKEY)
      var code = mdb_dbi_open(transaction, "records", flags, &first)
      if code == 0 { code = mdb_dbi_open(transaction, "bundles", flags, &second) }
      if code == 0 { code = mdb_dbi_open(transaction, "read", flags, &third) }
      if code == 0 { code = mdb_txn_commit(transaction) } else { mdb_txn_abort(transaction) }
      try Self.check(code, "the database in \(folder)")
      records = first
      bundles = second
      read = third
    } catch {
      mdb_env_close(handle)
      throw error
    }
  }

  deinit { mdb_env_close(environment) }

  static func check(_ code: Int32, _ what: String) throws(StoreError) {
    guard code == 0 else { throw StoreError("\(what): \(String(cString: mdb_strerror(code)))", code: code) }
  }

  // MARK: writing

  /// Carries out all operations and syncs, or does nothing.
  func commit(_ operations: [StoreOperation]) throws(StoreError) {
    var transaction: OpaquePointer?
    try Self.check(mdb_txn_begin(environment, nil, 0, &transaction), "writing")
    for operation in operations {
      let code = carryOut(operation, in: transaction)
      if code != 0 {
        mdb_txn_abort(transaction)
        try Self.check(code, "writing")
      }
    }
    let code = mdb_txn_commit(transaction)
    // LMDB calls a write that was cut short by a full disk an I/O error; nothing of the group is referred to then.
    let size = operations.reduce(0) { $0 + $1.size }
    try Self.check(code == EIO && isFull(for: size) ? ENOSPC : code, "writing")
  }

  /// Whether the disk has no room for so many bytes and the pages around them.
  private func isFull(for size: Int) -> Bool {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return false }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize) < UInt64(size) * 2 + (1 << 20)
  }

  private func carryOut(_ operation: StoreOperation, in transaction: OpaquePointer?) -> Int32 {
    switch operation {
    case .put(let sequence, let record, let bundle):
      let code = put(sequence, record, into: records, flags: UInt32(MDB_APPEND), transaction)
      return code != 0 ? code : put(sequence, bundle, into: bundles, flags: UInt32(MDB_APPEND), transaction)
    case .mark(let sequence, let record):
      return put(sequence, record, into: records, flags: 0, transaction)
    case .remove(let sequence): return remove(sequence, from: [records, bundles], transaction)
    case .read(let sequence, let number, let record):
      let code = put(number, record, into: read, flags: UInt32(MDB_APPEND), transaction)
      return code != 0 ? code : remove(sequence, from: [records, bundles], transaction)
    case .forget(let number): return remove(number, from: [read], transaction)
    }
  }

  private func remove(_ number: UInt64, from tables: [MDB_dbi], _ transaction: OpaquePointer?) -> Int32 {
    for table in tables {
      let code = Self.withKey(number) { mdb_del(transaction, table, $0, nil) }
      guard code == 0 || code == MDB_NOTFOUND else { return code }
    }
    return 0
  }

  private func put(
    _ sequence: UInt64, _ value: [UInt8], into table: MDB_dbi, flags: UInt32, _ transaction: OpaquePointer?
  ) -> Int32 {
    value.withUnsafeBytes { bytes in
      var data = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
      return Self.withKey(sequence) { mdb_put(transaction, table, $0, &data, flags) }
    }
  }

  private static func withKey<Result>(_ sequence: UInt64, _ body: (UnsafeMutablePointer<MDB_val>) -> Result) -> Result {
    var number = Int(sequence)
    return withUnsafeMutableBytes(of: &number) { bytes in
      var key = MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
      return body(&key)
    }
  }

  // MARK: reading

  private func reading<Result>(_ body: (OpaquePointer?) throws(StoreError) -> Result) throws(StoreError) -> Result {
    var transaction: OpaquePointer?
    try Self.check(mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &transaction), "reading")
    defer { mdb_txn_abort(transaction) }
    return try body(transaction)
  }

  /// Lends the bytes of a bundle, where they lie in the page cache; nil for a number that is not there.
  func withBundle<Result>(_ sequence: UInt64, _ body: (UnsafeRawBufferPointer) -> Result) throws(StoreError) -> Result?
  {
    try value(sequence, bundles, body)
  }

  /// Lends the bytes of a record.
  func withRecord<Result>(_ sequence: UInt64, _ body: (UnsafeRawBufferPointer) -> Result) throws(StoreError) -> Result?
  {
    try value(sequence, records, body)
  }

  private func value<Result>(
    _ sequence: UInt64, _ table: MDB_dbi, _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(StoreError) -> Result? {
    try reading { transaction throws(StoreError) -> Result? in
      var data = MDB_val()
      let code = Self.withKey(sequence) { mdb_get(transaction, table, $0, &data) }
      if code == MDB_NOTFOUND { return nil }
      try Self.check(code, "reading")
      return body(UnsafeRawBufferPointer(start: data.mv_data, count: data.mv_size))
    }
  }

  /// Calls `body` with each record, in the order of arrival, from `first` on, until it answers false.
  func eachRecord(
    of table: Table = .stored, from first: UInt64, _ body: (UInt64, UnsafeRawBufferPointer) -> Bool
  ) throws(StoreError) {
    try reading { transaction throws(StoreError) in
      var cursor: OpaquePointer?
      try Self.check(mdb_cursor_open(transaction, table == .stored ? records : read, &cursor), "reading")
      defer { mdb_cursor_close(cursor) }
      var number = Int(first)
      var record = MDB_val()
      var operation = MDB_SET_RANGE
      while true {
        let code = withUnsafeMutableBytes(of: &number) { bytes -> Int32 in
          var key = MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
          let code = mdb_cursor_get(cursor, &key, &record, operation)
          // Not into `number` through the key: LMDB points it to its own page.
          if code == 0, key.mv_size == 8 { bytes.copyMemory(from: .init(start: key.mv_data, count: 8)) }
          return code
        }
        if code == MDB_NOTFOUND { return }
        try Self.check(code, "reading")
        guard body(UInt64(number), UnsafeRawBufferPointer(start: record.mv_data, count: record.mv_size)) else { return }
        operation = MDB_NEXT
      }
    }
  }

  /// How many bundles there are.
  func count() throws(StoreError) -> Int {
    try reading { transaction throws(StoreError) in
      var statistics = MDB_stat()
      try Self.check(mdb_stat(transaction, records, &statistics), "reading")
      return statistics.ms_entries
    }
  }
}
