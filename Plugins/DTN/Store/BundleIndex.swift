// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Which bundles are here, in memory: by identity, by destination in the order of arrival, by deadline; and how much of
/// each quota they use. About 80 bytes a bundle, so that a million fit easily.
///
/// Decides who gets in and who has to go. It knows no disk: the stores keep it in line with theirs.
struct BundleIndex {
  /// One bundle, linked to its neighbours in the queue of its destination.
  struct Entry {
    var sequence: UInt64
    var deadline: UInt64
    var hash: UInt64
    var size: UInt32
    var destination: UInt32
    var source: UInt32
    var next = BundleIndex.nowhere
    var previous = BundleIndex.nowhere
    /// Priority and marks: two bits and six.
    private var word: UInt8
    /// The neighbour it came through, by its number.
    var neighbour: UInt8
    /// As in the record; 0 = none.
    var copies: UInt16

    init(
      _ record: BundleRecord, sequence: UInt64, hash: UInt64, size: Int, destination: UInt32, source: UInt32,
      neighbour: UInt8
    ) {
      self.sequence = sequence
      self.hash = hash
      self.size = UInt32(clamping: size)
      self.destination = destination
      self.source = source
      self.neighbour = neighbour
      deadline = record.deadline
      word = record.priority.rawValue << 6 | record.marks.rawValue & 0x3f
      copies = UInt16(clamping: record.copies ?? 0)
    }

    var priority: BundlePriority { BundlePriority(rawValue: word >> 6) ?? .normal }

    var marks: BundleRecord.Marks {
      get { BundleRecord.Marks(rawValue: word & 0x3f) }
      set { word = word & 0xc0 | newValue.rawValue & 0x3f }
    }
  }

  struct Usage {
    var bytes: UInt64 = 0
    var count: UInt64 = 0

    func fits(_ size: UInt64, _ quota: StoreLimits.Quota) -> Bool {
      count < quota.count && size <= quota.bytes && bytes <= quota.bytes - size
    }

    mutating func add(_ size: UInt32) {
      bytes += UInt64(size)
      count += 1
    }

    mutating func remove(_ size: UInt32) {
      bytes -= UInt64(size)
      count -= 1
    }
  }

  /// First and last of a destination's bundles.
  struct Queue {
    var first = BundleIndex.nowhere
    var last = BundleIndex.nowhere
    var count = 0
  }

  static let nowhere = UInt32.max

  let limits: StoreLimits
  private(set) var entries: [Entry] = []
  private var free: [UInt32] = []
  private var identities = SlotTable()
  private var sequences = SlotTable()
  private var deadlines = DeadlineHeap()
  private var destinations = EndpointTable()
  private var sources = EndpointTable()
  private(set) var queues: [Queue] = []
  private(set) var total = Usage()
  /// Nodes of the sources: one node has one quota, whatever its services are called.
  private var nodes = SourceNodes()
  private var neighbours: NeighbourShares
  private var byPriority = [Usage](repeating: Usage(), count: BundlePriority.allCases.count)
  /// What may be evicted: delivered ones, then replicated ones by priority.
  private(set) var candidates = [DeadlineHeap](repeating: DeadlineHeap(), count: 1 + BundlePriority.allCases.count)

  init(limits: StoreLimits) {
    self.limits = limits
    neighbours = NeighbourShares(limits)
  }

  /// How many bundles are here.
  var count: Int { Int(total.count) }

  /// Room for this many without growing in steps.
  mutating func reserve(_ count: Int) {
    entries.reserveCapacity(count)
    deadlines.reserve(count)
    identities = SlotTable(capacity: count)
    sequences = SlotTable(capacity: count)
  }

  // MARK: finding

  /// Seeded anew in each process, so that nobody can choose identities that meet.
  static func hash(_ id: BundleID) -> UInt64 {
    hash(id, source: id.source.hashValue)
  }

  private static func hash(_ id: BundleID, source: Int) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(source)
    hasher.combine(id.timestamp)
    if let fragment = id.fragment { hasher.combine(fragment) }
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  func slot(of sequence: UInt64) -> UInt32? {
    sequences.find(sequence, keyOf: { entries[Int($0)].sequence })
  }

  /// The bundle with this identity. `idOf` tells the identity behind a sequence number, for the case that two hashes
  /// are equal.
  func sequence(of id: BundleID, idOf: (UInt64) -> BundleID?) -> UInt64? {
    let slot = identities.find(
      Self.hash(id), keyOf: { entries[Int($0)].hash }, matches: { idOf(entries[Int($0)].sequence) == id })
    return slot.map { entries[Int($0)].sequence }
  }

  /// Sequence numbers for a destination, in the order of arrival.
  func waiting(for destination: EndpointID, limit: Int) -> [UInt64] {
    guard let number = destinations.number(destination) else { return [] }
    var found: [UInt64] = []
    var slot = queues[Int(number)].first
    while slot != Self.nowhere, found.count < limit {
      found.append(entries[Int(slot)].sequence)
      slot = entries[Int(slot)].next
    }
    return found
  }

  /// Whom a bundle is for.
  func destination(of sequence: UInt64) -> EndpointID? {
    slot(of: sequence).map { destinations.endpoint(entries[Int($0)].destination) }
  }

  /// Calls `body` with every bundle and whom it is for, in the order of arrival.
  func forEach<Failure>(_ body: (Entry, EndpointID) throws(Failure) -> Void) throws(Failure) {
    var last: UInt64 = 0
    // After a start the slots are in this order already.
    let isRising = entries.allSatisfy { entry in
      defer { last = entry.sequence }
      return entry.sequence > last && entry.sequence != .max
    }
    guard !isRising else {
      for entry in entries { try body(entry, destinations.endpoint(entry.destination)) }
      return
    }
    let here = entries.indices.filter { entries[$0].sequence != .max }
    for slot in here.sorted(by: { entries[$0].sequence < entries[$1].sequence }) {
      try body(entries[slot], destinations.endpoint(entries[slot].destination))
    }
  }

  /// The deadline that passes first.
  var nextDeadline: UInt64? { deadlines.first?.deadline }

  // MARK: changing

  /// Adds a bundle, whose room the caller has made sure of with `makeRoom`.
  mutating func insert(_ sequence: UInt64, _ record: BundleRecord, size: Int) {
    let source = sources.use(record.id.source)
    let destination = destinations.use(record.destination)
    if sources.uses(source) == 1 { nodes.use(record.id.source, number: source, limits) }
    while queues.count <= Int(destination) { queues.append(Queue()) }
    let entry = Entry(
      record, sequence: sequence, hash: Self.hash(record.id, source: sources.hash(source)), size: size,
      destination: destination, source: source, neighbour: neighbours.number(record.neighbour, limits))
    let slot = free.popLast() ?? UInt32(entries.count)
    if Int(slot) == entries.count { entries.append(entry) } else { entries[Int(slot)] = entry }
    identities.insert(slot, key: entry.hash, keyOf: { [entries] in entries[Int($0)].hash })
    sequences.insert(slot, key: sequence, keyOf: { [entries] in entries[Int($0)].sequence })
    link(slot)
    deadlines.push(.init(deadline: entry.deadline, sequence: sequence))
    total.add(entry.size)
    nodes.change(source) { $0.add(entry.size) }
    neighbours.change(entry.neighbour) { $0.add(entry.size) }
    byPriority[Int(entry.priority.rawValue)].add(entry.size)
    noteCandidate(entry)
  }

  mutating func remove(_ sequence: UInt64) -> Bool {
    guard let slot = slot(of: sequence) else { return false }
    let entry = entries[Int(slot)]
    identities.remove(slot, key: entry.hash, keyOf: { [entries] in entries[Int($0)].hash })
    sequences.remove(slot, key: sequence, keyOf: { [entries] in entries[Int($0)].sequence })
    unlink(slot)
    total.remove(entry.size)
    nodes.change(entry.source) { $0.remove(entry.size) }
    neighbours.change(entry.neighbour) { $0.remove(entry.size) }
    byPriority[Int(entry.priority.rawValue)].remove(entry.size)
    if sources.release(entry.source) { nodes.release(entry.source) }
    destinations.release(entry.destination)
    entries[Int(slot)].sequence = .max
    free.append(slot)
    let alive = count
    deadlines.sweep(alive: alive) { [entries, sequences] item in
      sequences.find(item.sequence, keyOf: { entries[Int($0)].sequence }) != nil
    }
    for rank in candidates.indices {
      candidates[rank].sweep(alive: alive) { [entries, sequences] item in
        sequences.find(item.sequence, keyOf: { entries[Int($0)].sequence })
          .map { Self.rank(entries[Int($0)]) == rank } ?? false
      }
    }
    return true
  }

  mutating func mark(_ sequence: UInt64, _ record: BundleRecord) {
    guard let slot = slot(of: sequence) else { return }
    let before = Self.rank(entries[Int(slot)])
    entries[Int(slot)].marks = record.marks
    entries[Int(slot)].copies = UInt16(clamping: record.copies ?? 0)
    if Self.rank(entries[Int(slot)]) != before { noteCandidate(entries[Int(slot)]) }
  }

  private mutating func link(_ slot: UInt32) {
    let number = Int(entries[Int(slot)].destination)
    let last = queues[number].last
    entries[Int(slot)].previous = last
    entries[Int(slot)].next = Self.nowhere
    if last == Self.nowhere { queues[number].first = slot } else { entries[Int(last)].next = slot }
    queues[number].last = slot
    queues[number].count += 1
  }

  private mutating func unlink(_ slot: UInt32) {
    let entry = entries[Int(slot)]
    let number = Int(entry.destination)
    if entry.previous == Self.nowhere {
      queues[number].first = entry.next
    } else {
      entries[Int(entry.previous)].next = entry.next
    }
    if entry.next == Self.nowhere {
      queues[number].last = entry.previous
    } else {
      entries[Int(entry.next)].previous = entry.previous
    }
    queues[number].count -= 1
  }

  // MARK: room

  /// How full the quotas are: of all, by priority, of the neighbours, and of the nodes that use most.
  func usage(nodes limit: Int) -> [QuotaUsage] {
    func line(_ kind: QuotaUsage.Kind, _ usage: Usage, _ quota: StoreLimits.Quota) -> QuotaUsage {
      QuotaUsage(kind: kind, bytes: usage.bytes, count: usage.count, quota: quota)
    }
    let priorities = BundlePriority.allCases.map { priority in
      line(.priority(priority), byPriority[Int(priority.rawValue)], limits.perPriority[Int(priority.rawValue)])
    }
    let all = nodes.all.map { line(.source($0.node), $0.usage, $0.quota) }
    let most = all.sorted { ($1.bytes, "\($0.kind)") < ($0.bytes, "\($1.kind)") }.prefix(limit)
    let through = neighbours.all.map { line(.neighbour($0.neighbour), $0.usage, $0.quota) }
    return [line(.total, total, limits.total)] + priorities + through + most
  }

  private static func rank(_ entry: Entry) -> Int? {
    guard entry.marks.isDisjoint(with: [.own, .custody]) else { return nil }
    if entry.marks.contains(.delivered) { return 0 }
    return entry.marks.contains(.replicated) ? 1 + Int(entry.priority.rawValue) : nil
  }

  private mutating func noteCandidate(_ entry: Entry) {
    guard let rank = Self.rank(entry) else { return }
    candidates[rank].push(.init(deadline: entry.deadline, sequence: entry.sequence))
  }

  /// Whose lifetime has passed by `now`, at most `limit`; they stay until they are removed.
  mutating func expired(now: UInt64, limit: Int) -> [UInt64] {
    var found: [UInt64] = []
    while found.count < limit, let item = deadlines.first, item.deadline <= now {
      _ = deadlines.pop()
      if slot(of: item.sequence) != nil { found.append(item.sequence) }
    }
    return found
  }

  /// Which bundles have to go so that one more fits, in the order of their going: delivered ones, then replicated ones,
  /// those of the lowest priority and the earliest deadline first. Own ones and those in custody never go.
  /// - Returns: nothing to go when there is room; or the quota that stays full whatever goes.
  mutating func makeRoom(_ record: BundleRecord, size: Int) -> Result<[UInt64], RoomRefusal> {
    let need = UInt64(size)
    var victims: [Entry] = []
    // A bundle whose marks went to and fro is among the candidates more than once.
    var going: Set<UInt64> = []
    var total = total
    let node = nodes.number(record.id.source)
    var ofNode = node.map { nodes.usage($0) } ?? Usage()
    let limit = node.map { nodes.quota($0) } ?? limits.quota(of: SourceNodes.node(record.id.source))
    let neighbour = neighbours.number(record.neighbour, limits)
    var ofNeighbour = neighbours.usage(neighbour)
    let share = neighbours.quota(neighbour)
    var byPriority = byPriority[Int(record.priority.rawValue)]
    func full() -> Admission.Full? {
      if !total.fits(need, limits.total) { return .total }
      if !ofNode.fits(need, limit) { return .source }
      if !ofNeighbour.fits(need, share) { return .neighbour }
      return byPriority.fits(need, limits.perPriority[Int(record.priority.rawValue)]) ? nil : .priority
    }
    var passed: [(rank: Int, item: DeadlineHeap.Item)] = []
    defer { for (rank, item) in passed { candidates[rank].push(item) } }
    var last: Admission.Full?
    while let reason = full() {
      if reason != last {
        // What did not help one quota may help another.
        for (rank, item) in passed { candidates[rank].push(item) }
        passed = []
        last = reason
      }
      guard let entry = nextVictim(for: reason, node, neighbour, record.priority, &passed) else {
        // Nothing goes in vain.
        for entry in victims { noteCandidate(entry) }
        return .failure(RoomRefusal(full: reason))
      }
      guard going.insert(entry.sequence).inserted else { continue }
      victims.append(entry)
      total.remove(entry.size)
      if nodes.number(ofSource: entry.source) == node { ofNode.remove(entry.size) }
      if entry.neighbour == neighbour { ofNeighbour.remove(entry.size) }
      if entry.priority == record.priority { byPriority.remove(entry.size) }
    }
    return .success(victims.map { $0.sequence })
  }

  /// The next that may go and whose going helps; those that would not help are passed over.
  private mutating func nextVictim(
    for reason: Admission.Full, _ node: UInt32?, _ neighbour: UInt8, _ priority: BundlePriority,
    _ passed: inout [(rank: Int, item: DeadlineHeap.Item)]
  ) -> Entry? {
    for rank in candidates.indices {
      while let item = candidates[rank].pop() {
        guard let slot = slot(of: item.sequence), Self.rank(entries[Int(slot)]) == rank else { continue }
        let entry = entries[Int(slot)]
        switch reason {
        case .total: return entry
        case .source where nodes.number(ofSource: entry.source) == node: return entry
        case .neighbour where entry.neighbour == neighbour: return entry
        case .priority where entry.priority == priority: return entry
        default: passed.append((rank, item))
        }
      }
    }
    return nil
  }
}

/// Which quota has no room.
struct RoomRefusal: Error {
  let full: Admission.Full
}
