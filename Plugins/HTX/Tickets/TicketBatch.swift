// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import Synchronization

/// Tickets that another thread makes while the loop goes on. Whoever comes first to one of them makes it: one that the loop
/// needs before the other thread has begun it is the loop's to make, and the other thread passes over it.
public final class TicketBatch: @unchecked Sendable {
  /// A ticket that somebody waits for.
  public struct Order: Sendable {
    /// The site's key.
    public let key: TicketPublicKey
    /// How the site wants it.
    public let policy: TicketPolicy

    /// An order for a site.
    public init(key: TicketPublicKey, policy: TicketPolicy) {
      self.key = key
      self.policy = policy
    }
  }

  /// The most orders of a batch, a bit each: about two milliseconds of work.
  public static let limit = 32

  private let orders: [Order]
  private let unixSeconds: Int64
  private let begun = Atomic<UInt32>(0)
  private let made = Atomic<UInt32>(0)
  /// Each is written by who has begun it, before its bit of `made`, and read by the loop after that.
  private let tickets: UnsafeMutablePointer<IssuedTicket?>

  /// Tickets for the hour of `unixSeconds`, up to `limit` of them.
  public init(_ orders: [Order], unixSeconds: Int64) {
    precondition(orders.count <= Self.limit)
    self.orders = orders
    self.unixSeconds = unixSeconds
    tickets = .allocate(capacity: orders.count)
    tickets.initialize(repeating: nil, count: orders.count)
  }

  deinit {
    tickets.deinitialize(count: orders.count)
    tickets.deallocate()
  }

  /// Makes those that nobody has taken: two multiplications on the curve and three hashes for each. On any thread, once.
  public func run(random: RandomBytes = .system) {
    for (index, order) in orders.enumerated() where begin(index) {
      tickets[index] = IssuedTicket(
        for: order.key, policy: order.policy, unixSeconds: unixSeconds, random: random)
      made.bitwiseOr(1 << UInt32(index), ordering: .releasing)
    }
  }

  /// The ticket of an order, at most once; nil when it is not made, and then `run` passes over it, or is at it just now.
  /// Whoever does not want it any more takes it too.
  public func take(_ index: Int) -> IssuedTicket? {
    guard orders.indices.contains(index), !begin(index), isMade(index) else { return nil }
    defer { tickets[index] = nil }
    return tickets[index]
  }

  /// Whether the ticket of an order is there, or was taken.
  func isMade(_ index: Int) -> Bool { made.load(ordering: .acquiring) & 1 << UInt32(index) != 0 }

  /// Whether nobody had begun it.
  private func begin(_ index: Int) -> Bool {
    let bit: UInt32 = 1 << UInt32(index)
    return begun.bitwiseOr(bit, ordering: .relaxed).oldValue & bit == 0
  }
}
