// SPDX-License-Identifier: Apache-2.0
import HTXTickets
import TransportDriver

extension Instance {
  /// Batches that the pool may have at once.
  private static let batchLimit = 8

  /// Makes tickets for links that are dialled, once their first packets are on their way. A dial that is alone would only
  /// wait for its server meanwhile; where there are more the loop has other things to do, and the host's pool makes them.
  func makeTickets() {
    guard !ticketless.isEmpty, ticketBatches < Self.batchLimit else { return }
    if ticketless.count == 1, dials == 1 {
      guard let connection = ticketless.popLast(), awaitsTicket(connection) else { return }
      connection.ticket = makeTicket(connection)
      prepareTicket(connection)
    } else {
      orderTickets()
    }
  }

  private func orderTickets() {
    let waiting = ticketless.prefix(TicketBatch.limit).filter { awaitsTicket($0) }
    ticketless.removeFirst(min(ticketless.count, TicketBatch.limit))
    var orders: [TicketBatch.Order] = []
    for connection in waiting {
      guard let address = connection.address, let key = address.ticket else { continue }
      connection.ticketOrder = orders.count
      orders.append(TicketBatch.Order(key: key, policy: address.policy))
    }
    guard !orders.isEmpty else { return }
    let batch = TicketBatch(orders, unixSeconds: Self.wallClock())
    // A busy pool is no reason to fail: each link makes its own when it needs it. No link's token is 0.
    guard offloaded.begin(batch, { batch.run() }, for: 0, on: host) else { return }
    ticketBatches += 1
    for connection in waiting where connection.ticketOrder >= 0 { connection.ticketBatch = batch }
  }

  /// The pool is done with a batch. The links of it take their tickets when they need them.
  func ticketsMade() { ticketBatches -= 1 }

  private func awaitsTicket(_ connection: Connection) -> Bool {
    !connection.hasTakenTicket && connection.phase != .gone && !connection.isVisit
  }

  /// A ticket that nobody has seen. One that is still being made is not waited for.
  func takeTicket(_ connection: Connection) -> IssuedTicket? {
    let ordered = dropOrder(connection)
    defer { connection.ticket = nil }
    connection.hasTakenTicket = true
    return ordered ?? connection.ticket ?? makeTicket(connection)
  }

  /// The ticket that was ordered for a connection, if it was made; if not, it need not be made any more.
  @discardableResult func dropOrder(_ connection: Connection) -> IssuedTicket? {
    guard let batch = connection.ticketBatch else { return nil }
    connection.ticketBatch = nil
    return batch.take(connection.ticketOrder)
  }

  private func makeTicket(_ connection: Connection) -> IssuedTicket? {
    guard let address = connection.address, let key = address.ticket else { return nil }
    return IssuedTicket(for: key, policy: address.policy, unixSeconds: Self.wallClock())
  }
}
