// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore
import CMeshABI

/// Bundles to and from nodes that can be reached now.
extension BundleAgent {
  /// A peer of the node has come.
  public func came(_ key: [UInt8]) {
    epochs += 1
    neighbours[key] = Neighbour(key, epoch: epochs)
  }

  /// A peer of the node has gone: what was under way to it is not known to have arrived.
  public func went(_ key: [UInt8]) { neighbours[key] = nil }

  /// Sends what there is for neighbours, as far as their windows go.
  func forward() {
    for neighbour in neighbours.values where !neighbour.isFull && !neighbour.isDeaf { forward(to: neighbour) }
  }

  private func forward(to neighbour: Neighbour) {
    guard let destination = NodeEndpoint.envelopes(neighbour.key) else { return }
    let known = neighbour.transfers.count + neighbour.settled.count
    for sequence in store.waiting(for: destination, limit: known + settings.window) {
      guard neighbour.transfers.count < settings.window else { return }
      guard !neighbour.settled.contains(sequence), !neighbour.isUnderWay(sequence), unstored[sequence] == nil,
        unanswered[sequence] == nil
      else { continue }
      guard let bytes = store.withBundle(sequence, { Array($0) }) else { continue }
      guard neighbour.bytes == 0 || neighbour.bytes + bytes.count <= settings.windowBytes else { return }
      let number = neighbour.begin(sequence, size: bytes.count)
      let message = NeighbourMessage.bundle(number: number, bytes)
      guard host.send(message.encoded, to: neighbour.key, token: neighbour.epoch << 32 | number) else {
        _ = neighbour.end(number)
        return
      }
    }
  }

  /// The session's word on a message: it says nothing of the disk at the other end.
  public func sent(_ token: UInt64, _ status: Int32) {
    guard status != MESH_OK, token >> 32 > 0,
      let neighbour = neighbours.values.first(where: { $0.epoch == token >> 32 })
    else { return }
    if status == MESH_E_NOTFOUND || status == MESH_E_PERMISSION { neighbour.isDeaf = true }
    _ = neighbour.end(token & 0xffff_ffff)
  }

  /// A message of the same plugin on another node.
  public func message(_ bytes: UnsafeRawBufferPointer, from key: [UInt8]) {
    guard let message = NeighbourMessage(bytes) else { return }
    // Only a peer that serves the protocol speaks it.
    neighbours[key]?.isDeaf = false
    switch message {
    case .bundle(let number, let bytes): receive(bytes, number, from: key)
    case .taken(let number): taken(number, by: key)
    case .refused(let number, let reason): refused(number, reason, by: key)
    case .room: neighbours[key]?.isFull = false
    }
  }

  private func taken(_ number: UInt64, by key: [UInt8]) {
    guard let neighbour = neighbours[key], let sequence = neighbour.end(number), let record = store.record(sequence)
    else {
      return
    }
    figures.forwarded += 1
    let isDestination = NodeEndpoint.key(record.destination) == key
    if record.marks.contains(.own) {
      let token = record.id.timestamp.sequence
      if isDestination { own[token] = nil }
      host.report(token, isDestination ? MESH_CARRIER_DELIVERED : MESH_CARRIER_FORWARDED, MESH_OK)
    }
    if isDestination { remove(sequence) } else { neighbour.settled.insert(sequence) }
  }

  private func refused(_ number: UInt64, _ reason: NeighbourMessage.Refusal, by key: [UInt8]) {
    switch reason {
    case .completed: taken(number, by: key)
    case .noResources:
      _ = neighbours[key]?.end(number)
      neighbours[key]?.isFull = true
    case .retransmit: _ = neighbours[key]?.end(number)
    case .unknown, .notAcceptable:
      if let sequence = neighbours[key]?.end(number) { neighbours[key]?.settled.insert(sequence) }
    }
  }

  private func receive(_ bytes: [UInt8], _ number: UInt64, from key: [UInt8]) {
    figures.received += 1
    let now = host.bundleTime
    guard bytes.count <= settings.largestBundle, var bundle = try? Bundle(bytes),
      let previous = NodeEndpoint.node(key)
    else { return answer(.refused(number: number, .notAcceptable), to: key) }
    guard BundleProcessing(bundle).deletion == nil else {
      return answer(.refused(number: number, .notAcceptable), to: key)
    }
    if var hops = bundle.hopCount {
      guard hops.count < UInt64(hops.limit) else { return answer(.refused(number: number, .notAcceptable), to: key) }
      hops.count += 1
      bundle.hopCount = hops
    }
    bundle.previousNode = previous
    let isHere = bundle.primary.destination == envelopes
    let record = BundleRecord(
      id: bundle.id, destination: bundle.primary.destination, deadline: Self.deadline(of: bundle, now: now),
      marks: isHere ? .custody : [])
    switch store.admit(bundle.encoded, record, now: now) {
    case .admitted(let sequence, let evicted):
      unanswered[sequence] = [(key, number)]
      evict(evicted)
    case .duplicate(let sequence):
      figures.duplicates += 1
      if unanswered[sequence] != nil {
        unanswered[sequence]?.append((key, number))
      } else {
        answer(.refused(number: number, .completed), to: key)
      }
    case .expired: answer(.refused(number: number, .notAcceptable), to: key)
    case .full, .failed:
      figures.refused += 1
      refusedForRoom.insert(key)
      answer(.refused(number: number, .noResources), to: key)
    }
  }

  func answer(_ message: NeighbourMessage, to key: [UInt8]) {
    if !host.send(message.encoded, to: key, token: 0) { unsent.append((message, key)) }
  }

  /// There is room: who was refused may try again.
  func tellRoom() {
    guard !refusedForRoom.isEmpty, !store.isAboveHighWater else { return }
    for key in refusedForRoom where neighbours[key] != nil { answer(.room, to: key) }
    refusedForRoom = []
  }
}
