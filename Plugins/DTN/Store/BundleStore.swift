// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Where bundles wait. It belongs to one thread; a thread of its own writes.
///
/// A bundle is *admitted* when it was checked and its room is reserved, and *stored* when `collect` says so, after the
/// sync: only then may its sender be told. What does not fit is refused; nothing admitted is dropped without a word.
public final class BundleStore {
  private enum Home {
    case disk(LMDBEnvironment, StoreWriter)
    case memory([UInt64: Held])
  }

  private struct Held {
    var record: BundleRecord
    var bytes: [UInt8]
  }

  private var home: Home
  private var index: BundleIndex
  private var lastSequence: UInt64 = 0
  /// On their way to the disk, and readable meanwhile.
  private var pending: [UInt64: Held] = [:]
  private var memoryDone: [StoreCompletion] = []
  private let wake: @Sendable () -> Void
  /// What the start could not read: kept on disk, and no part of what is here.
  public private(set) var damaged = DamagedRecords()
  private var read = ReadBundles()
  /// Identities and deadlines of what earlier lives have read, until `takeRead`.
  private var readBefore: [(id: BundleID, deadline: UInt64)] = []
  /// Called with each bundle that has to go for another, before it goes; it may not change the store.
  public var evicting: ((UnsafeRawBufferPointer) -> Void)?

  /// A store in memory, which is lost with the process.
  public init(limits: StoreLimits = StoreLimits(), wake: @escaping @Sendable () -> Void = {}) {
    home = .memory([:])
    index = BundleIndex(limits: limits)
    self.wake = wake
  }

  /// Opens a store on disk; what is in it is there at once. A folder can be open once in a process.
  /// - Parameters:
  ///   - folder: made when it is missing.
  ///   - wake: called on the writer's thread when `collect` has something to tell.
  public convenience init(
    folder: String, limits: StoreLimits = StoreLimits(), wake: @escaping @Sendable () -> Void = {}
  ) throws(StoreError) {
    try self.init(folder: folder, limits: limits, wake: wake) { group, write throws(StoreError) in try write(group) }
  }

  /// What a group of changes goes through on the writer's thread: it calls the function that it is given, or fails.
  typealias Guard =
    @Sendable ([StoreOperation], ([StoreOperation]) throws(StoreError) -> Void) throws(StoreError) -> Void

  /// The same with a disk that may fail on purpose.
  init(
    folder: String, limits: StoreLimits = StoreLimits(), wake: @escaping @Sendable () -> Void = {},
    slack: UInt64 = StoreLimits.slack, guarding: @escaping Guard
  ) throws(StoreError) {
    self.wake = wake
    let environment = try LMDBEnvironment(folder: folder, mapSize: limits.mapSize(slack: slack))
    var index = BundleIndex(limits: limits)
    index.reserve(try environment.count())
    home = .disk(
      environment,
      try StoreWriter(wake: wake) { group throws(StoreError) in
        try guarding(group) { group throws(StoreError) in try environment.commit(group) }
      })
    var aside = DamagedRecords()
    var last: UInt64 = 0
    var endpoints = EndpointCache()
    try environment.eachRecord(from: 0) { sequence, bytes in
      var size: Int?
      do throws(BundleError) {
        let record = try BundleRecord(bytes, endpoints: &endpoints, size: &size)
        index.insert(sequence, record, size: try Self.size(size, of: sequence, in: environment))
      } catch { aside.add(sequence, "\(error)") }
      last = sequence
      return true
    }
    self.index = index
    damaged = aside
    lastSequence = last
    try environment.eachRecord(of: .read, from: 0) { number, bytes in
      var ignored: Int?
      let record = try? BundleRecord(bytes, endpoints: &endpoints, size: &ignored)
      // One that cannot be read is forgotten in its turn; at worst its bundle is read once more.
      read.append(number, deadline: record?.deadline ?? 0)
      if let record { readBefore.append((record.id, record.deadline)) }
      return true
    }
  }

  /// Records of older stores do not tell it.
  private static func size(
    _ told: Int?, of sequence: UInt64, in environment: LMDBEnvironment
  ) throws(BundleError) -> Int {
    guard let size = told ?? (try? environment.withBundle(sequence) { $0.count }) ?? nil else {
      throw BundleError(.malformed, "its bundle is not there", at: 0)
    }
    return size
  }

  deinit {
    if case .disk(_, let writer) = home { writer.end() }
  }

  // MARK: what is here

  /// Bundles here, those on their way to the disk included.
  public var count: Int { index.count }

  /// Bytes of them.
  public var bytes: UInt64 { index.total.bytes }

  /// Bytes of bundles that are in memory only: on their way to the disk, or there and not collected.
  public var unwrittenBytes: Int {
    if case .disk(_, let writer) = home { return writer.unwritten }
    return 0
  }

  /// Whether neighbours should be asked to wait.
  public var isAboveHighWater: Bool {
    let limit = index.limits.total
    return Double(index.total.bytes) >= Double(limit.bytes) * index.limits.highWater
      || Double(index.total.count) >= Double(limit.count) * index.limits.highWater
  }

  /// How full the quotas are: of all, by priority, of the neighbours, and of the nodes that use most.
  public func usage(nodes limit: Int) -> [QuotaUsage] { index.usage(nodes: limit) }

  /// Why nothing is taken any more.
  public var fault: StoreError? {
    if case .disk(_, let writer) = home { return writer.fault }
    return nil
  }

  /// When the next lifetime passes, in milliseconds of the bundle epoch.
  public var nextDeadline: UInt64? { index.nextDeadline }

  /// Numbers of bundles for a destination, in the order of arrival.
  public func waiting(for destination: EndpointID, limit: Int) -> [UInt64] {
    index.waiting(for: destination, limit: limit)
  }

  /// The number of a bundle; nil when it is not here.
  /// - Throws: when a bundle that may be the one cannot be read.
  public func sequence(of id: BundleID) throws(StoreError) -> UInt64? { try sequence(of: id, isSame: nil) }

  private func sequence(of id: BundleID, isSame: ((UInt64) -> Bool)?) throws(StoreError) -> UInt64? {
    var fault: StoreError?
    let found = index.sequence(of: id) { sequence in
      do throws(StoreError) {
        guard let found = try self.record(sequence)?.id, found == id, isSame?(sequence) ?? true else { return nil }
        return found
      } catch {
        fault = error
        return nil
      }
    }
    if let fault { throw fault }
    return found
  }

  /// What is known of a bundle; nil when it is not here.
  /// - Throws: when it is here and cannot be read.
  public func record(_ sequence: UInt64) throws(StoreError) -> BundleRecord? {
    guard let slot = index.slot(of: sequence) else { return nil }
    var record = try storedRecord(sequence)
    // A change of these may still be on its way to the disk.
    record.marks = index.entries[Int(slot)].marks
    let copies = index.entries[Int(slot)].copies
    record.copies = copies > 0 ? UInt32(copies) : nil
    return record
  }

  private func storedRecord(_ sequence: UInt64) throws(StoreError) -> BundleRecord {
    if let held = pending[sequence] { return held.record }
    switch home {
    case .memory(let held): if let one = held[sequence] { return one.record }
    case .disk(let environment, _):
      let found = try environment.withRecord(sequence) { bytes in
        Result { () throws(BundleError) in try BundleRecord(bytes) }
      }
      switch found {
      case .success(let record)?: return record
      case .failure(let error)?: throw StoreError("record \(sequence) of the store cannot be read: \(error)")
      case nil: break
      }
    }
    throw Self.missing(sequence)
  }

  private static func missing(_ sequence: UInt64) -> StoreError {
    StoreError("bundle \(sequence) should be in the store and is not")
  }

  /// Lends the bytes of a bundle; nil when it is not here.
  /// - Throws: when it is here and cannot be read.
  public func withBundle<Result>(
    _ sequence: UInt64, _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(StoreError) -> Result? {
    guard index.slot(of: sequence) != nil else { return nil }
    if let held = pending[sequence] { return held.bytes.withUnsafeBytes(body) }
    switch home {
    case .memory(let held): if let one = held[sequence] { return one.bytes.withUnsafeBytes(body) }
    case .disk(let environment, _): if let found = try environment.withBundle(sequence, body) { return found }
    }
    throw Self.missing(sequence)
  }

  /// A page of the listing: up to `limit` bundles from `first` on, in the order of arrival; those on their way to the
  /// disk are not in it.
  public func list(from first: UInt64, limit: Int) throws(StoreError) -> [(
    sequence: UInt64, record: BundleRecord, size: Int
  )] {
    var page: [(sequence: UInt64, record: BundleRecord, size: Int)] = []
    var endpoints = EndpointCache()
    switch home {
    case .memory(let held):
      for sequence in held.keys.filter({ $0 >= first }).sorted().prefix(limit) {
        if let one = held[sequence] { page.append((sequence, one.record, one.bytes.count)) }
      }
    case .disk(let environment, _):
      try environment.eachRecord(from: first) { sequence, bytes in
        guard page.count < limit else { return false }
        var ignored: Int?
        if let size = size(of: sequence),
          let record = try? BundleRecord(bytes, endpoints: &endpoints, size: &ignored)
        {
          page.append((sequence, record, size))
        }
        return true
      }
    }
    return page
  }

  // MARK: changes

  /// Admits a bundle that was parsed and checked.
  /// - Parameters:
  ///   - bytes: the whole bundle.
  ///   - now: milliseconds of the bundle epoch.
  ///   - isSame: asked of bundles here with this identity, by their numbers: one that is not the same is no duplicate,
  ///     and both are kept.
  public func admit(
    _ bytes: [UInt8], _ record: BundleRecord, now: UInt64, isSame: ((UInt64) -> Bool)? = nil
  ) -> Admission {
    guard fault == nil else { return .failed }
    guard record.deadline > now else { return .expired }
    do throws(StoreError) {
      if let sequence = try sequence(of: record.id, isSame: isSame) { return .duplicate(sequence: sequence) }
    } catch {
      return .failed
    }
    let victims: [UInt64]
    switch index.makeRoom(record, size: bytes.count) {
    case .failure(let refusal): return .full(refusal.full)
    case .success(let found): victims = found
    }
    for victim in victims {
      if let evicting { _ = try? withBundle(victim, evicting) }
      remove(victim)
    }
    lastSequence += 1
    let sequence = lastSequence
    index.insert(sequence, record, size: bytes.count)
    switch home {
    case .memory(var held):
      home = .memory([:])
      held[sequence] = Held(record: record, bytes: bytes)
      home = .memory(held)
      memoryDone.append(StoreCompletion(sequence: sequence))
      wake()
    case .disk(_, let writer):
      pending[sequence] = Held(record: record, bytes: bytes)
      writer.submit(.put(sequence: sequence, record: record.encoded(size: bytes.count), bundle: bytes))
    }
    return .admitted(sequence: sequence, evicted: victims)
  }

  /// Calls `body` with what memory knows of every bundle, in the order of arrival: no disk is asked.
  public func forEach<Failure>(_ body: (BundleOutline) throws(Failure) -> Void) throws(Failure) {
    try index.forEach { entry, destination throws(Failure) in
      try body(
        BundleOutline(
          sequence: entry.sequence, destination: destination, marks: entry.marks,
          copies: entry.copies > 0 ? UInt32(entry.copies) : nil))
    }
  }

  /// What became of admitted bundles since the last call. One with an error has gone.
  public func collect() -> [StoreCompletion] {
    guard case .disk(_, let writer) = home else {
      defer { memoryDone = [] }
      return memoryDone
    }
    let done = writer.collect()
    for completion in done {
      pending[completion.sequence] = nil
      if completion.error != nil { _ = index.remove(completion.sequence) }
    }
    return done
  }

  /// Takes a bundle out. After a crash it may be back once.
  public func remove(_ sequence: UInt64) {
    guard index.remove(sequence) else { return }
    pending[sequence] = nil
    switch home {
    case .memory(var held):
      home = .memory([:])
      held[sequence] = nil
      home = .memory(held)
    case .disk(_, let writer): writer.submit(.remove(sequence: sequence))
    }
  }

  /// Takes a bundle out that was read here, and remembers that as long as its lifetime, over restarts too, in one step: after
  /// a crash it is here or known to have been read.
  /// - Parameter now: milliseconds of the bundle epoch.
  public func remove(read sequence: UInt64, _ record: BundleRecord, now: UInt64) {
    guard case .disk(_, let writer) = home else { return remove(sequence) }
    guard index.remove(sequence) else { return }
    pending[sequence] = nil
    while let old = read.takeOld(now: now) { writer.submit(.forget(number: old)) }
    let number = read.next(deadline: record.deadline)
    writer.submit(.read(sequence: sequence, number: number, record: record.encoded(size: 0)))
  }

  /// What earlier lives have read and its deadlines, in that order. Asked once.
  public func takeRead() -> [(id: BundleID, deadline: UInt64)] {
    defer { readBefore = [] }
    return readBefore
  }

  /// Takes one of `damaged` from the disk; false when there is none with this number.
  public func removeDamaged(_ sequence: UInt64) -> Bool {
    guard case .disk(_, let writer) = home, damaged.remove(sequence) else { return false }
    writer.submit(.remove(sequence: sequence))
    return true
  }

  /// The bytes of the bundle whose record is damaged, which may be whole; nil when they are not there.
  public func damagedBundle(_ sequence: UInt64) -> [UInt8]? {
    guard case .disk(let environment, _) = home, damaged.reason(sequence) != nil else { return nil }
    return (try? environment.withBundle(sequence) { Array($0) }) ?? nil
  }

  /// Whom a bundle is for; nil when it is not here.
  public func destination(of sequence: UInt64) -> EndpointID? { index.destination(of: sequence) }

  /// Bytes of a bundle; nil when it is not here.
  public func size(of sequence: UInt64) -> Int? { index.slot(of: sequence).map { Int(index.entries[Int($0)].size) } }

  /// Changes the marks of a bundle, if it is here, and with spray and wait the copies that are left.
  /// - Throws: when it is here and cannot be read.
  public func mark(_ sequence: UInt64, _ marks: BundleRecord.Marks, copies: UInt32? = nil) throws(StoreError) {
    guard var record = try record(sequence) else { return }
    record.marks = marks
    if let copies { record.copies = copies }
    index.mark(sequence, record)
    pending[sequence]?.record = record
    switch home {
    case .memory(var held):
      home = .memory([:])
      held[sequence]?.record = record
      home = .memory(held)
    case .disk(_, let writer):
      writer.submit(.mark(sequence: sequence, record: record.encoded(size: size(of: sequence) ?? 0)))
    }
  }

  /// Bundles whose lifetime has passed, at most `limit` a call; the caller reports and removes them.
  public func expired(now: UInt64, limit: Int = 1024) -> [UInt64] { index.expired(now: now, limit: limit) }

  /// Waits until everything admitted is on disk or refused.
  public func flush() {
    if case .disk(_, let writer) = home { writer.flush() }
  }
}
