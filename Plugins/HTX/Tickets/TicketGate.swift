// SPDX-License-Identifier: Apache-2.0
import MeshCrypto

/// The server's side of access tickets: one for all connections of a site, whatever carries them.
///
/// It touches no socket, clock or disk. Whoever owns it reads the replay memory back first (`restoreKey`, `restore`),
/// and stores the record of an admitted ticket before the ticket opens anything.
public struct TicketGate {
  /// What happened to tickets since the start.
  public private(set) var figures = TicketFigures()
  private let keys: [TicketKey]
  /// Does the same work for tickets with an unknown key.
  private let decoy: TicketKey
  /// The salts of every key, and last of the decoy, for the hours that `saltHour` accepts.
  private var salts: [[HKDFSalt]] = []
  private var saltHour: TicketHour?
  private var memory: ReplayMemory
  private var rates: TicketRates
  private var restoring = ReplayRestore()
  /// Of each place of the memory: up to this hour tickets may have been used, which nobody knows; nil when it was read.
  private var unknownUpTo = [TicketHour?](repeating: nil, count: ReplayMemory.places)

  /// A gate that knows `keys`; several, so that a new one can be given out before the old one is dropped.
  public init(keys: [TicketKey], limits: TicketLimits = TicketLimits(), random: RandomBytes = .system) {
    self.keys = keys
    let pair = X25519KeyPair.generate(from: random)
    decoy = TicketKey(id: TicketKeyID(of: pair.publicKey), pair: pair)
    memory = ReplayMemory(perHour: limits.perHour)
    rates = TicketRates(limits)
  }

  /// The key to read from the durable store next; nil once the replay memory is complete.
  public var restoreKey: String? { restoring.key }

  /// What the store had under `restoreKey`; nil for nothing.
  ///
  /// Returns false when it had something that is no record: no ticket of the hour that may have been used opens
  /// anything. True as well where that hour is over.
  public mutating func restore(_ bytes: [UInt8]?, unixSeconds: Int64) -> Bool {
    guard let damaged = restoring.take(bytes, into: &memory) else { return true }
    let accepted = TicketHour(unixSeconds: unixSeconds).accepted
    unknownUpTo[damaged] = accepted.last
    return !accepted.contains { ReplayMemory.place(of: $0) == damaged }
  }

  /// The store cannot say what it has: no ticket of the hours that may have been used opens anything.
  public mutating func restoreFailed(unixSeconds: Int64) {
    restoring.stop()
    let last = TicketHour(unixSeconds: unixSeconds).accepted.last
    unknownUpTo = unknownUpTo.map { _ in last }
  }

  /// Reads the memory once more: another gate has used it.
  public mutating func restoreAgain() { restoring = ReplayRestore() }

  /// Tickets that are remembered as used.
  public var remembered: Int { memory.count }

  /// Judges the values of one request, as `TicketCandidates.find` gives them. Nil when no value has a ticket's shape, so
  /// that the request costs nothing.
  ///
  /// - Parameters:
  ///   - network: where the request came from.
  ///   - unixSeconds: the wall clock.
  ///   - now: a monotonic clock in nanoseconds, for the rates.
  public mutating func judge(
    _ candidates: [String], from network: NetworkPrefix, unixSeconds: Int64, now: UInt64
  ) -> Result<AdmittedTicket, TicketRefusal>? {
    guard let ticket = candidates.lazy.compactMap({ TicketPayload(text: $0) }).first else { return nil }
    var work = Work()
    // What is refused has cost as much as any other, and does not show how far it came.
    defer { work.finish() }
    do throws(TicketRefusal) {
      let key = place(of: ticket.key)
      guard rates.mayShow(network, hasKey: key < keys.count, now: now) else { throw .overRate }
      let hour = try hour(of: ticket, key, at: TicketHour(unixSeconds: unixSeconds), &work)
      if let last = unknownUpTo[ReplayMemory.place(of: hour)], hour <= last { throw .memoryUnread }
      let entry = ReplayMemory.Entry(value: ticket.value)
      try memory.check(entry, hour: hour)
      guard rates.mayEnter(network, now: now) else { throw .overRate }
      let record = try memory.remember(entry, hour: hour)
      figures.admitted += 1
      work.isDone = true
      return .success(AdmittedTicket(digest: ticket.digest, record: record))
    } catch {
      figures.count(error)
      return .failure(error)
    }
  }

  /// The place of a key among `keys`; their number for one that is unknown.
  private func place(of id: TicketKeyID) -> Int {
    var place = keys.count
    for (index, key) in keys.enumerated() where constantTimeEqual(key.id.bytes, id.bytes) { place = index }
    return place
  }

  /// What a ticket costs: one key agreement, and a derivation for each hour.
  private struct Work {
    var shared: SecretBytes?
    var salts: ArraySlice<HKDFSalt> = []
    var isDone = false

    /// The value of the next hour.
    mutating func next() -> SecretBytes? {
      guard let shared, let salt = salts.popFirst() else { return nil }
      return salt.derive(shared)
    }

    mutating func finish() {
      while !isDone, next() != nil {}
    }
  }

  /// The hour that the ticket was made for. Every ticket costs one key agreement, and every one that is refused also a
  /// derivation for each hour, whichever key it names and whichever hour fits.
  private mutating func hour(
    of ticket: TicketPayload, _ chosen: Int, at now: TicketHour, _ work: inout Work
  ) throws(TicketRefusal) -> TicketHour {
    // The likeliest first.
    let hours = [now] + now.accepted.filter { $0 != now }
    // Of all keys at once: so the first ticket of an hour tells nothing of its key.
    if saltHour != now {
      salts = (keys + [decoy]).map { key in hours.map { AccessTicket.keyed(key: key.id, hour: $0) } }
      saltHour = now
    }
    let key = chosen < keys.count ? keys[chosen] : decoy
    guard let shared = key.pair.sharedSecret(with: ticket.client) else { throw .wrongValue }
    work.shared = shared
    work.salts = salts[chosen][...]
    for hour in hours {
      guard let value = work.next() else { break }
      let isRight = value.withBytes { right in ticket.value.withUnsafeBytes { constantTimeEqual(right, $0) } }
      guard isRight else { continue }
      guard chosen < keys.count else { throw .unknownKey }
      return hour
    }
    throw chosen < keys.count ? .wrongValue : .unknownKey
  }
}
