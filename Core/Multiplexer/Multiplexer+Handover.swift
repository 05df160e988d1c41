// SPDX-License-Identifier: Apache-2.0

import MeshSession
import MeshWire

/// Where a message stands in a session: the stream's number and the offset at which the message begins.
public struct MessagePlace: Hashable, Sendable {
  /// The number of the stream, as both sides know it.
  public let stream: UInt64
  /// The first byte of the message's record.
  public let offset: UInt64

  /// A place.
  public init(stream: UInt64, offset: UInt64) {
    self.stream = stream
    self.offset = offset
  }
}

/// A message of a session that its sender may send another way.
public struct HandedMessage {
  /// Who hears what becomes of it.
  public let handler: StreamHandler
  /// Its number there.
  public let token: UInt64
  /// The protocol.
  public let name: String
  /// How urgent it is.
  public let trafficClass: TrafficClass
  /// The message.
  public let message: ReturnedMessage
  /// Where a copy of it stays in the session, since some of it has left; nil when the session has it no more.
  public let place: MessagePlace?
}

extension Multiplexer {
  /// Hands over all messages that were sent with `mayBeHandedOver`. What has not left is taken out of the queue; of
  /// the others a copy stays, and the reader tells by its place whether it has the message already. Their fate is told
  /// with `StreamHandler.settled(handed:_:on:of:)`. Each is handed over once, and only if its deadline says so.
  public func handOver(where isDue: (_ deadline: UInt64) -> Bool) -> [HandedMessage] {
    var handed: [HandedMessage] = []
    for stream in streams where stream.isOpen && stream.isLocal && stream.kind == .messages && stream.resetCode == nil {
      handOver(stream, &handed) { isDue($0.deadline) }
    }
    return handed
  }

  private func handOver(_ stream: Stream, _ handed: inout [HandedMessage], where isDue: (Stream.Token) -> Bool) {
    guard let handler = stream.handler else { return }
    for index in stream.firstToken..<stream.tokens.count where stream.tokens[index].mayBeHandedOver {
      let token = stream.tokens[index]
      guard !token.expired, isDue(token), let message = message(at: token, of: stream) else { continue }
      stream.tokens[index].mayBeHandedOver = false
      let hasLeft = token.start < stream.sent || token.wasSent
      if hasLeft {
        stream.tokens[index].isHanded = true
      } else {
        stream.tokens[index].expired = true
        makeVoid(token.start, of: stream)
      }
      handed.append(
        HandedMessage(
          handler: handler, token: token.number, name: stream.name, trafficClass: stream.trafficClass,
          message: message, place: hasLeft ? MessagePlace(stream: stream.id, offset: token.start) : nil))
    }
  }

  /// The peer does not take the stream. What an earlier life of it, or of this node, may have delivered is not known to
  /// be refused: whoever knows another way may take it.
  func offerUncertain(_ stream: Stream) {
    guard let handler = stream.handler, stream.pendingTokens.contains(where: { $0.wasSent && $0.mayBeHandedOver }),
      handler.takesUncertain
    else { return }
    var handed: [HandedMessage] = []
    handOver(stream, &handed) { $0.wasSent }
    handler.uncertain(handed, of: self)
  }

  /// A message as it stands in the queue, or nil when it is not there as a whole.
  func message(at token: Stream.Token, of stream: Stream) -> ReturnedMessage? {
    guard token.start >= stream.ring.start, token.end <= stream.ring.end, token.end > token.start else { return nil }
    var record = [UInt8](repeating: 0, count: Int(token.end - token.start))
    record.withUnsafeMutableBytes { bytes in
      if let start = bytes.baseAddress { stream.ring.copy(from: token.start, count: bytes.count, to: start) }
    }
    return record.withUnsafeBytes { bytes in
      var run = MessageRun(bytes, limit: .max)
      return run.next().map {
        ReturnedMessage(
          key: $0.idempotencyKey.map { Array($0) } ?? [], body: Array($0.body), deadline: token.deadline)
      }
    }
  }

  /// The peer was restarted: messages that were handed over do not leave again here, for nobody could tell them from
  /// their copies.
  func forgetHanded(_ stream: Stream, _ settled: inout [Settled]) {
    for index in stream.firstToken..<stream.tokens.count
    where stream.tokens[index].isHanded && !stream.tokens[index].expired {
      settled.append(stream.tokens[index], .refused(StreamCode.peerRestarted), of: stream)
      stream.tokens[index].expired = true
      makeVoid(stream.tokens[index].start, of: stream)
    }
  }
}
