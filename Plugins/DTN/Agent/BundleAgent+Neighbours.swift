// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI

/// Bundles to and from nodes that can be reached now.
extension BundleAgent {
  /// A peer of the node has come.
  public func came(_ key: [UInt8]) {
    guard let node = NodeEndpoint.node(key) else { return }
    join(Neighbour(key, node))
    introduce(to: key)
  }

  /// A peer of the node has gone: what was under way to it is not known to have arrived.
  public func went(_ key: [UInt8]) {
    guard let neighbour = neighbours.removeValue(forKey: key) else { return }
    leave(neighbour)
  }

  /// Hands a bundle that is on disk to routing.
  func route(_ sequence: UInt64, _ record: BundleRecord, size: Int, from previous: [UInt8]?) {
    var routed = RoutedBundle(
      sequence: sequence, id: record.id, destination: record.destination, deadline: record.deadline, size: size,
      priority: record.priority.rawValue, previousNode: previous.flatMap { speaker($0) })
    routed.isOwn = isOwn(record)
    routed.copies = record.marks.contains(.own) ? record.copies : record.copies ?? 1
    routing.add(routed, now: host.bundleTime)
  }

  /// Sends what there is for neighbours, as far as their windows go.
  func forward() {
    for neighbour in neighbours.values where !neighbour.isFull && !neighbour.isDeaf {
      while let step = neighbour.held ?? routing.next(for: neighbour.node, now: host.bundleTime) {
        neighbour.held = nil
        guard carryOut(step, for: neighbour) else {
          neighbour.held = step
          break
        }
      }
    }
  }

  /// False when there is no room now.
  private func carryOut(_ step: RoutingStep, for neighbour: Neighbour) -> Bool {
    switch step {
    case .message(let message):
      guard neighbour.isSession else { return sendRouting(message, to: neighbour) }
      return host.send(NeighbourMessage.routing(message).encoded, to: neighbour.key, token: 0)
    case .bundle(let sequence, let copies):
      guard neighbour.transfers.count < settings.window else { return false }
      if neighbour.cut?.sequence == sequence { return sendFragments(of: sequence, to: neighbour) }
      let bytes = neighbour.isSession ? bundle(sequence, copies: copies) : outgoing(sequence, copies: copies)
      guard let bytes else {
        routing.failed(sequence, for: neighbour.node, now: host.bundleTime)
        return true
      }
      if !neighbour.isSession, UInt64(bytes.count) > host.largestTransfer(over: neighbour.key),
        let fragments = Self.cut(bytes, limit: host.largestTransfer(over: neighbour.key))
      {
        neighbour.begin(sequence, fragments: fragments)
        return sendFragments(of: sequence, to: neighbour)
      }
      guard hasWindow(neighbour, bytes.count) else { return false }
      lastTransfer += 1
      let number = lastTransfer
      neighbour.begin(number, sequence, size: bytes.count)
      let message = NeighbourMessage.bundle(number: number, bytes)
      if !neighbour.isSession {
        if host.transfer(message, over: neighbour.key) { return true }
      } else if host.send(message.encoded, to: neighbour.key, token: number) {
        return true
      }
      _ = neighbour.end(number)
      return false
    }
  }

  /// The bytes to send; with spray and wait they say how many copies they stand for.
  private func bundle(_ sequence: UInt64, copies: UInt32?) -> [UInt8]? {
    guard let bytes = bytes(sequence) else { return nil }
    guard let copies, var bundle = try? Bundle(bytes, limits: .lenient) else { return bytes }
    CopyBlock.write(copies, into: &bundle)
    return bundle.encoded
  }

  /// The session's word on a message: it says nothing of the disk at the other end.
  public func sent(_ token: UInt64, _ status: Int32) {
    guard status != MESH_OK, token != 0,
      let neighbour = neighbours.values.first(where: { $0.transfers[token] != nil }),
      let sequence = neighbour.end(token)
    else { return }
    if status == MESH_E_NOTFOUND || status == MESH_E_PERMISSION { neighbour.isDeaf = true }
    routing.failed(sequence, for: neighbour.node, now: host.bundleTime)
  }

  /// A message of the same plugin on another node.
  /// - Returns: false when it is to be offered again, and those behind it not before; see `AgentHost.resume`.
  @discardableResult public func message(_ bytes: UnsafeRawBufferPointer, from key: [UInt8]) -> Bool {
    guard !isBehind(settings.unwrittenBytes), !takesNoAnswers(key) else {
      waitingPeers.insert(key)
      return false
    }
    take(bytes, from: key)
    return true
  }

  /// Whether more than so many bytes wait for the disk: who ignores the window could send faster than it writes.
  func isBehind(_ limit: Int) -> Bool { store.unwrittenBytes > limit }

  /// A peer that sends and takes no answers is not read either, and the others are.
  private func takesNoAnswers(_ key: [UInt8]) -> Bool {
    unsent.count > 4096 && unsent.count { $0.key == key } > 1024
  }

  /// The disk has caught up: those who had to wait are read again.
  func resumePeers() {
    guard !waitingPeers.isEmpty, !isBehind(settings.unwrittenBytes / 2) else { return }
    for key in waitingPeers where !takesNoAnswers(key) {
      waitingPeers.remove(key)
      host.resume(key)
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer, from key: [UInt8]) {
    guard let message = NeighbourMessage(bytes) else { return }
    // Only a peer that serves the protocol speaks it.
    neighbours[key]?.isDeaf = false
    switch message {
    case .bundle(let number, let bytes): receive(bytes, number, from: key)
    case .taken(let number): taken(number, by: key)
    case .refused(let number, let reason): refused(number, reason, by: key)
    case .room: neighbours[key]?.isFull = false
    case .life(let number): met(key, life: number)
    case .routing(let message): routingMessage(message, from: key)
    }
  }

  func taken(_ number: UInt64, by key: [UInt8]) {
    guard let neighbour = neighbours[key], let sequence = neighbour.end(number), neighbour.isWhole(sequence),
      let record = record(sequence)
    else { return }
    figures.forwarded += 1
    let isDestination = record.destination.routingNode == neighbour.node
    // Once, however many get copies.
    if !record.marks.contains(.replicated) { report(.reportForwarding, of: sequence) }
    let retention = routing.accepted(sequence, by: neighbour.node, now: host.bundleTime)
    if record.marks.contains(.own) {
      let token = record.id.timestamp.sequence
      // What this node has made stays until its fate is known, and over a connection anybody may call itself anything.
      let isDelivered = isDestination && neighbour.isTrusted
      if isDelivered { own[token] = nil }
      host.report(token, isDelivered ? MESH_CARRIER_DELIVERED : MESH_CARRIER_FORWARDED, MESH_OK)
      if isDelivered { remove(sequence) } else { keep(sequence, record.marks) }
    } else if isDestination || retention == .remove {
      remove(sequence)
    } else {
      // Others have it too, so it is among the first to make room.
      keep(sequence, record.marks.union(.replicated))
    }
  }

  func refused(_ number: UInt64, _ reason: NeighbourMessage.Refusal, by key: [UInt8]) {
    guard let neighbour = neighbours[key] else { return }
    switch reason {
    case .completed: taken(number, by: key)
    case .noResources, .retransmit, .unknown, .notAcceptable:
      // What was refused before it went says nothing of the room that it has now.
      if let sequence = neighbour.end(number) {
        neighbour.isFull = neighbour.isFull || reason == .noResources
        neighbour.abandon(sequence)
        if reason == .notAcceptable {
          routing.refused(sequence, for: neighbour.node, now: host.bundleTime)
        } else {
          routing.failed(sequence, for: neighbour.node, now: host.bundleTime)
        }
      }
    }
  }

  func routingMessage(_ message: [UInt8], from key: [UInt8]) {
    guard let neighbour = neighbours[key] else { return }
    do throws(BundleError) {
      for sequence in try routing.receive(message, from: neighbour.node, now: host.bundleTime) {
        // Anybody can say that it has arrived: this node's own wait for their receipt, or are the first to make room.
        guard let record = record(sequence), !record.marks.contains(.own) else { continue }
        if isOwn(record) {
          if !record.marks.contains(.delivered) { keep(sequence, [.delivered]) }
          continue
        }
        figures.purged += 1
        remove(sequence)
      }
    } catch { host.log(MESH_LOG_WARNING, "a routing message that cannot be read: \(error)") }
  }

  func receive(_ bytes: [UInt8], _ number: UInt64, from key: [UInt8]) {
    figures.received += 1
    let now = host.bundleTime
    let previous = speaker(key)
    guard bytes.count <= settings.largestBundle, var bundle = try? Bundle(bytes, limits: settings.bundleLimits),
      previous != nil || neighbours[key] != nil
    else { return answer(.refused(number: number, .notAcceptable), to: key) }
    // What could never be put together is not kept.
    if isHere(bundle.primary.destination), bundle.primary.fragment?.total ?? 0 > UInt64(settings.largestBundle) {
      return answer(.refused(number: number, .notAcceptable), to: key)
    }
    // A fragment is checked with the bundle that it becomes.
    if isHere(bundle.primary.destination), bundle.primary.fragment == nil, !admits(&bundle) {
      return answer(.refused(number: number, .notAcceptable), to: key)
    }
    let processing = BundleProcessing(bundle) { $0 == CopyBlock.type }
    if let reason = processing.deletion {
      reportAtDoor(bundle, reason)
      return answer(.refused(number: number, .notAcceptable), to: key)
    }
    // Nobody is there to have it (RFC 9171 section 4.2.5.1.1).
    if bundle.primary.destination.isNull { return answer(.taken(number: number), to: key) }
    if !processing.discarded.isEmpty { bundle = processing.applied(to: bundle) }
    if isRouting(bundle) {
      // A fragment was not checked, and nobody cuts these.
      if bundle.primary.fragment == nil, previous != nil, bundle.primary.source.routingNode == previous {
        routingMessage(bundle.payload, from: key)
      }
      return answer(.taken(number: number), to: key)
    }
    if var hops = bundle.hopCount {
      guard hops.count < UInt64(hops.limit) else {
        reportAtDoor(bundle, .hopLimitExceeded)
        return answer(.refused(number: number, .notAcceptable), to: key)
      }
      hops.count += 1
      bundle.hopCount = hops
    }
    // What strangers say of the way that it came is worth nothing.
    bundle.previousNode = previous
    if bundle.primary.fragment == nil, readRecord(bundle) { return answer(.taken(number: number), to: key) }
    let isHere = isHere(bundle.primary.destination)
    if isHere ? wasHere(bundle) : hasArrived(bundle.id) {
      return answer(.refused(number: number, .completed), to: key)
    }
    // A connection has no messages that wait; over TCPCL its peer tries again, over the others it stays there.
    if !NodeEndpoint.isKey(key), isBehind(settings.unwrittenBytes * 2) {
      roomAt = min(roomAt, host.steadyTime + Self.roomInterval)
      return refuseForRoom(number, from: key)
    }
    var record = BundleRecord(
      id: bundle.id, destination: bundle.primary.destination, deadline: Self.deadline(of: bundle, now: now),
      marks: isHere ? .custody : [])
    record.copies = CopyBlock.read(bundle)
    record.neighbour = believed(key)
    let isPiece = isHere && bundle.primary.fragment != nil
    guard !isPiece || fragments.count < Self.fragmentLimit else {
      refusedForRoom.insert(key)
      return answer(.refused(number: number, .noResources), to: key)
    }
    // Those that say different things under one identity are kept, as many as there can be versions.
    var alike = 0
    var isCrowded = false
    let isSame: ((UInt64) -> Bool)? =
      isPiece
      ? { [bundle] sequence in
        alike += 1
        if self.isSame(bundle, sequence) { return true }
        isCrowded = alike >= FragmentVersions.limit
        return isCrowded
      } : nil
    switch store.admit(bundle.encoded, record, now: now, isSame: isSame) {
    case .admitted(let sequence, let evicted):
      unanswered[sequence] = [(key, number)]
      if reports(.reportReception) { unprocessed[sequence] = processing.report }
      evict(evicted)
    case .duplicate where isCrowded:
      answer(.refused(number: number, .notAcceptable), to: key)
    case .duplicate(let sequence):
      figures.duplicates += 1
      if let previous { routing.seen(bundle.id, at: previous) }
      if unanswered[sequence] != nil {
        unanswered[sequence]?.append((key, number))
      } else {
        answer(.refused(number: number, .completed), to: key)
      }
    case .expired:
      reportAtDoor(bundle, .lifetimeExpired)
      answer(.refused(number: number, .notAcceptable), to: key)
    case .full, .failed: refuseForRoom(number, from: key)
    }
  }

  private func refuseForRoom(_ number: UInt64, from key: [UInt8]) {
    figures.refused += 1
    refusedForRoom.insert(key)
    answer(.refused(number: number, .noResources), to: key)
  }

  /// Whether this node has had a bundle for it, or the whole of a fragment; what others say of that counts for nothing.
  private func wasHere(_ bundle: Bundle) -> Bool {
    if let whole = Whole(bundle), arrivedHere.contains(whole.id) { return true }
    return arrivedHere.contains(bundle.id) && (try? store.sequence(of: bundle.id)) == nil
  }

  /// Whether a bundle for another node is said to be there.
  private func hasArrived(_ id: BundleID) -> Bool {
    (routing as? ReplicationRouting)?.hasArrived(id) ?? (routing as? RoutingTable)?.hasArrived(id) ?? false
  }

  func answer(_ message: NeighbourMessage, to key: [UInt8]) {
    if !NodeEndpoint.isKey(key) {
      _ = host.transfer(message, over: key)
    } else if !host.send(message.encoded, to: key, token: 0) {
      unsent.append((message, key))
    }
  }

  /// There is room: who was refused may try again.
  func tellRoom() {
    guard !refusedForRoom.isEmpty, !store.isAboveHighWater else { return }
    for key in refusedForRoom where neighbours[key] != nil { answer(.room, to: key) }
    refusedForRoom = []
  }
}
