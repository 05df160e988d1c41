// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshWire

extension PortFlow {
  /// Milliseconds that are as good as no limit, some 35 years.
  static let endlessLifetime: UInt64 = 1 << 40

  /// What a stream made of a message.
  enum Passage {
    case taken
    /// There is no room, or no stream, now.
    case later
    case never(Int32)
  }

  /// Hands a message to a stream. `lifetime` in milliseconds, 0 = none.
  func pass(
    _ body: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, lifetime: UInt64, id: UInt64, reportsSent: Bool,
    isRepetition: Bool = false, now: UInt64
  ) -> Passage {
    var options = MessageOptions(token: id, reportsSent: reportsSent)
    options.isRepetition = isRepetition
    if lifetime > 0, lifetime < Self.endlessLifetime {
      options.lifetime = lifetime * 1_000_000
      options.mayBeHandedOver = body.count <= Envelope.bodyLimit
    }
    if key.count == Int(MESH_KEY_SIZE) {
      options.keyWords = (
        key.loadUnaligned(as: UInt64.self), key.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      )
    }
    // A stream that the peer has closed is opened anew, once.
    for _ in 0..<2 {
      do throws(NodeError) {
        let lane = try lane()
        do throws(SendRefusal) {
          try lane.multiplexer.send(body, options: options, to: lane.stream, now: now)
          return .taken
        } catch { throw .refused(error) }
      } catch {
        switch error {
        case .refused(.closed): lanes.removeAll()
        case .refused(.tooLarge): return .never(MESH_E_LIMIT)
        case .refused(.again), .refused(.streamLimit): return .later
        default: return .never(MESH_E_NOTFOUND)
        }
      }
    }
    return .later
  }

  /// Queues an unreliable message: why it was not, or `MESH_OK`.
  func passUnreliable(_ body: UnsafeRawBufferPointer) -> Int32 {
    for _ in 0..<2 {
      do throws(NodeError) {
        let lane = try lane()
        do throws(SendRefusal) {
          try lane.multiplexer.send(datagram: body, to: lane.stream)
          return MESH_OK
        } catch { throw .refused(error) }
      } catch {
        switch error {
        case .refused(.closed): lanes.removeAll()
        case .refused: return MESH_E_LIMIT
        default: return MESH_E_NOTFOUND
        }
      }
    }
    return MESH_E_CLOSED
  }

  /// The stream for the next message.
  func lane() throws(NodeError) -> Lane {
    if lanes.count == laneCount {
      guard laneCount > 1 else { return lanes[0] }
      nextLane = (nextLane + 1) % laneCount
      return lanes[nextLane]
    }
    guard let peer else { throw .unknownPeer }
    let (known, multiplexer) = try node.core.multiplexer(for: peer, now: node.loop.now)
    if known.links.isEmpty { node.core.want(peer, now: node.loop.now) }
    let preamble = StreamPreamble(kind: .messages, trafficClass: trafficClass, name: name)
    do throws(SendRefusal) {
      let lane = Lane(multiplexer: multiplexer, stream: try multiplexer.open(preamble, handler: self))
      lanes.append(lane)
      return lane
    } catch { throw .refused(error) }
  }

  // MARK: waiting

  func wait(_ command: ApplicationCommand, now: UInt64) {
    let lifetime = command.header.lifetime_ms
    let deadline = lifetime == 0 || lifetime >= Self.endlessLifetime ? .max : now + lifetime * 1_000_000
    pending.append(
      PendingMessage(
        id: command.header.id, key: Array(command.key), body: Array(command.data), deadline: deadline,
        reportsSent: command.has(APP_FLAG_TELL_SENT), since: now, isRepetition: command.has(APP_FLAG_REPEATED)))
    patience.watch(self)
  }

  /// Hands on what has waited, in order; expired messages are reported.
  func drain() {
    let now = node.loop.now
    while let message = pending.first {
      if message.deadline <= now {
        pending.popFirst()
        // Without effect for what was settled before.
        settle(message.id, code: MESH_E_EXPIRED)
        continue
      }
      if let passage = offerToCarrier(message, now: now) {
        guard case .taken = passage else { break }
        pending.popFirst()
        continue
      }
      let lifetime = message.deadline == .max ? 0 : max((message.deadline - now) / 1_000_000, 1)
      let passage = message.body.withUnsafeBytes { body in
        message.key.withUnsafeBytes {
          pass(
            body, key: $0, lifetime: lifetime, id: message.id, reportsSent: message.reportsSent,
            isRepetition: message.isRepetition, now: now)
        }
      }
      if case .later = passage { break }
      pending.popFirst()
      if case .never(let code) = passage { settle(message.id, code: code) }
    }
    if pending.isEmpty, carrying.isEmpty, port == nil { finishLanes() }
  }

  /// Reports what has waited longer than it was of use, wherever it stands, and tries the rest.
  func expirePending(now: UInt64) {
    for index in 0..<pending.count where pending[index].deadline <= now && pending[index].deadline > 0 {
      pending[index].deadline = 0
      settle(pending[index].id, code: MESH_E_EXPIRED)
    }
    drain()
  }

  /// Gives a message up that has not left.
  func cancel(_ id: UInt64) {
    for index in 0..<pending.count where pending[index].id == id {
      pending[index].deadline = 0
      settle(id, code: MESH_E_CANCELLED)
      return drain()
    }
    if carrying[id] != nil, node.core.carriage.cancel(observer: self, number: id) { return }
    for lane in lanes where lane.multiplexer.cancel(message: id, of: lane.stream) {
      return settle(id, code: MESH_E_CANCELLED)
    }
  }

  /// The application is gone: what it has sent goes on, and nobody is told of it.
  func close() {
    port = nil
    if pending.isEmpty, carrying.isEmpty { finishLanes() }
  }

  func finishLanes() {
    for lane in lanes { lane.multiplexer.finish(lane.stream) }
    lanes = []
  }
}
