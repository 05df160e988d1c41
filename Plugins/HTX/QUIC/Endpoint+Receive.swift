// SPDX-License-Identifier: Apache-2.0
import CQUIC

extension Endpoint {
  /// Takes what a socket received: equal packets, the last perhaps shorter, of one path and mark. Answers go out with
  /// the next `poll`, but what a handshake goes on with at once.
  public func receive(_ arrival: cquic_arrival, now: UInt64) {
    guard let bytes = arrival.bytes, arrival.length > 0 else { return }
    let segment = Int(arrival.segment) > 0 ? Int(arrival.segment) : Int(arrival.length)
    var path = (local: arrival.local, remote: arrival.remote)
    var offset = 0
    figures.bytesReceived += UInt64(arrival.length)
    while offset < Int(arrival.length) {
      let count = min(segment, Int(arrival.length) - offset)
      figures.packetsReceived += 1
      route(UnsafeRawBufferPointer(start: bytes + offset, count: count), &path, arrival.ecn, now)
      offset += count
    }
  }

  func route(
    _ packet: UnsafeRawBufferPointer, _ path: inout (local: cquic_address, remote: cquic_address), _ ecn: UInt8,
    _ now: UInt64
  ) {
    guard let header = PacketHeader(packet) else {
      figures.strays += 1
      return
    }
    if let connection = find(header, packet) {
      read(connection, packet, &path, ecn, now)
    } else if let version = header.version {
      // A server's packets without a connection are late ones of one that is gone.
      guard acceptor != nil, version != 0 else {
        figures.strays += 1
        return
      }
      if cquic_packet_is_supported(version) != 0 {
        accept(packet, &path, ecn, now)
      } else {
        negotiate(header, packet, path, now)
      }
    } else if acceptor != nil {
      reset(header, packet, path, now)
    } else {
      // A port that only dials shows strangers nothing, as if nobody were there.
      figures.strays += 1
    }
  }

  private func find(_ header: PacketHeader, _ packet: UnsafeRawBufferPointer) -> Connection? {
    if header.destination.count == Int(CQUIC_ID_LENGTH) {
      let id = packet.loadUnaligned(fromByteOffset: header.destination.lowerBound, as: UInt64.self)
      if let latest, latest.id == id { return latest.connection }
      if let connection = ids[id] {
        latest = (id, connection)
        return connection
      }
    }
    if header.version == nil, packet.count > ResetToken.count, let base = packet.baseAddress {
      return tokens[ResetToken(base + packet.count - ResetToken.count)]
    }
    guard header.version != nil, let id = ConnectionID(UnsafeRawBufferPointer(rebasing: packet[header.destination]))
    else { return nil }
    return originals[id]
  }

  func read(
    _ connection: Connection, _ packet: UnsafeRawBufferPointer,
    _ path: inout (local: cquic_address, remote: cquic_address), _ ecn: UInt8, _ now: UInt64
  ) {
    guard connection.phase == .open, let raw = connection.raw else {
      repeatClose(connection)
      return
    }
    var local = path.local
    if connection.isFromAny { local = cquic_address_any(&local) }
    let bytes = packet.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let wasComplete = connection.isComplete
    let status = cquic_read(raw, &local, &path.remote, ecn, bytes, packet.count, now)
    if Int(status) == CQUIC_RETRY {
      // The ClientHello's second half came first; its first half may still be proved by a token.
      let original = connection.original
      finish(connection, .abandoned)
      if let original, let initial = Self.initial(packet), retries.shouldAnswer(original, now: now) {
        sendRetry(initial, path, now)
      }
      return
    }
    connection.countMemory()
    settle(connection, status, now)
    // While this end takes up the next handshake, the other can go on with this one.
    let isFlight = connection.isServer ? !connection.isComplete : connection.isComplete && !wasComplete
    if isFlight, waiting.isEmpty, ready.remove(last: connection) {
      connection.isQueued = false
      write(connection, now)
      if connection.isServer, connection.phase == .open { connection.handler.waits(connection) }
    }
  }

  /// What a packet that could begin a connection says.
  static func initial(_ packet: UnsafeRawBufferPointer) -> cquic_initial? {
    var initial = cquic_initial()
    let bytes = packet.baseAddress?.assumingMemoryBound(to: UInt8.self)
    return cquic_packet_initial(bytes, packet.count, &initial) == 0 ? initial : nil
  }
}
