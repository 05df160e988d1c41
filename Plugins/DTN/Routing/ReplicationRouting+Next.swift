// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

extension ReplicationRouting {
  /// What to send to a neighbour next: messages, then what is for itself, then copies for others.
  public func next(for name: EndpointID, now: UInt64) -> RoutingStep? {
    guard var neighbour = neighbours.removeValue(forKey: name) else { return nil }
    defer { neighbours[name] = neighbour }
    if !neighbour.messages.isEmpty { return .message(neighbour.messages.removeFirst().encoded) }
    if var cursor = neighbour.summaryCursor {
      guard !isScanning else { return nil }
      let ids = bundles.identities(from: &cursor, limit: BundleIdentities.limit)
      let isLast = cursor == bundles.order.count
      neighbour.summaryCursor = isLast ? nil : cursor
      // Each identity is read from the disk: one message in a turn.
      isScanning = !isLast && bundles.catalog != nil
      return .message(RoutingMessage.summary(isLast: isLast, ids).encoded)
    }
    guard neighbour.hasTold || neighbour.patience == 0 else { return nil }
    var looked = 0
    while neighbour.directCursor < neighbour.direct.count {
      guard goesOn(&looked) else { return nil }
      let sequence = neighbour.direct[neighbour.directCursor]
      neighbour.directCursor += 1
      if let held = offerable(sequence, neighbour, name, now) {
        neighbour.handedOut[sequence] = held.copies
        return .bundle(sequence: sequence, copies: copiesToTell(held.copies))
      }
    }
    guard neighbour.hasTold else { return nil }
    predictabilities?.age(now: clock(now))
    while neighbour.cursor < bundles.order.count {
      guard goesOn(&looked) else { return nil }
      let sequence = bundles.order[neighbour.cursor]
      neighbour.cursor += 1
      guard let held = offerable(sequence, neighbour, name, now), let copies = copies(of: held, for: neighbour) else {
        continue
      }
      neighbour.handedOut[sequence] = copies
      return .bundle(sequence: sequence, copies: copiesToTell(copies))
    }
    return nil
  }

  /// Each look may be one at the disk: so many in a call, and the rest in the next turn.
  private func goesOn(_ looked: inout Int) -> Bool {
    guard looked < Self.scanLimit || bundles.catalog == nil else {
      isScanning = true
      return false
    }
    looked += 1
    return true
  }

  private func copiesToTell(_ copies: UInt32) -> UInt32? {
    if case .sprayAndWait = policy { copies } else { nil }
  }

  private func offerable(
    _ sequence: UInt64, _ neighbour: Neighbour, _ name: EndpointID, _ now: UInt64
  ) -> ReplicatedBundles.Held? {
    guard !refusals.isWaiting(sequence, for: name, now: clock(now)), let held = bundles.held(sequence),
      held.bundle.deadline > now, !neighbour.has.contains(held.bundle.id),
      neighbour.handedOut[sequence] == nil
    else { return nil }
    // Anybody can say that it has arrived: for one of this node only its destination's own answer counts.
    let isForItself = held.bundle.isOwn && held.bundle.destination.routingNode == name
    return isForItself || !arrived.contains(held.bundle.id) ? held : nil
  }

  /// How many copies a neighbour gets that is not the destination; nil for none.
  private func copies(of held: ReplicatedBundles.Held, for neighbour: Neighbour) -> UInt32? {
    switch policy {
    case .epidemic: return 1
    case .sprayAndWait:
      // What is on its way to others is not this node's to give any more.
      let promised = neighbours.values.reduce(UInt32(0)) { $0 + ($1.handedOut[held.bundle.sequence] ?? 0) }
      return held.copies > promised + 1 ? (held.copies - promised) / 2 : nil
    case .prophet:
      guard let node = held.bundle.destination.routingNode else { return nil }
      let theirs = neighbour.predictabilities[node] ?? 0
      return theirs > predictabilities?.value(node) ?? 0 ? 1 : nil
    }
  }

  /// The neighbour has stored a bundle.
  public func accepted(_ sequence: UInt64, by name: EndpointID, now: UInt64) -> Retention {
    let copies = neighbours[name]?.handedOut.removeValue(forKey: sequence)
    guard let held = bundles.held(sequence) else { return .remove }
    neighbours[name]?.has.insert(held.bundle.id)
    if held.bundle.destination.routingNode == name {
      learnArrival(held.bundle.id, held.bundle.deadline, now: now, from: name)
      return .remove
    }
    if case .sprayAndWait = policy { bundles.give(sequence, copies: copies ?? held.copies / 2) }
    return .keepReplicated
  }
}
