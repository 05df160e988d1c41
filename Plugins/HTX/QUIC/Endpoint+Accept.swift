// SPDX-License-Identifier: Apache-2.0
import CQUIC

extension Endpoint {
  /// How long a Retry's token is good, in nanoseconds.
  private static let tokenLifetime: UInt64 = 10_000_000_000
  /// Error codes (RFC 9000, 20.1).
  private static let connectionRefused: UInt64 = 2
  private static let invalidToken: UInt64 = 0x0B

  /// Begins a connection with a client's first packet, or sends it to prove its address, or away.
  func accept(
    _ packet: UnsafeRawBufferPointer, _ path: inout (local: cquic_address, remote: cquic_address), _ ecn: UInt8,
    _ now: UInt64
  ) {
    guard var initial = Self.initial(packet), let acceptor,
      let original = withUnsafeBytes(
        of: initial.destination,
        { ConnectionID(UnsafeRawBufferPointer(rebasing: $0[..<Int(initial.destination_length)])) })
    else {
      figures.strays += 1
      return
    }
    let proof = cquic_packet_verify_token(&initial, retrySecret, &path.remote, Self.tokenLifetime, now)
    if proof < 0 { return refuse(initial, path, Self.invalidToken, now) }
    // Those that wait for their turn count: forged ones would never become handshakes.
    if proof == 0, handshakeCount + initials.count >= options.retryThreshold {
      if retries.shouldAnswer(original, now: now) { sendRetry(initial, path, now) }
      return
    }
    // Handshakes end soon, and the client asks again; connections may not.
    guard handshakeCount < options.handshakeLimit else {
      figures.refusals += 1
      return
    }
    guard takeTurn(packet, path, ecn) else { return }
    guard openCount < options.connectionLimit, let handler = acceptor(NetworkAddress(path.remote)) else {
      figures.refusals += 1
      return refuse(initial, path, Self.connectionRefused, now)
    }
    let connection = Connection(endpoint: self, isServer: true, handler: handler)
    var raw = options.raw(secret: secret, tag: tag)
    connection.raw = clients.withRaw { peer in
      cquic_accept(
        credentials.raw, &raw, peer, callbacks, connection.context, &path.local, &path.remote, &initial, now)
    }
    guard connection.raw != nil else {
      forget(connection)
      return handler.ended(connection, .abandoned)
    }
    connectionCount += 1
    handshakeCount += 1
    connection.original = original
    connection.memory = memory
    originals[original] = connection
    handler.began(connection)
    read(connection, packet, &path, ecn, now)
  }

  /// Whether there is time for another handshake now; else its first packet waits.
  private func takeTurn(
    _ packet: UnsafeRawBufferPointer, _ path: (local: cquic_address, remote: cquic_address), _ ecn: UInt8
  ) -> Bool {
    guard handshakesLeft > 0 else {
      if !initials.append(packet, path, ecn) { figures.refusals += 1 }
      return false
    }
    handshakesLeft -= 1
    return true
  }

  /// Goes on with clients whose first packets have waited.
  func acceptWaiting(_ now: UInt64) {
    handshakesLeft = options.handshakesPerPoll
    while handshakesLeft > 0, var next = initials.popFirst() {
      next.bytes.withUnsafeBytes { route($0, &next.path, next.ecn, now) }
    }
  }

  func sendRetry(_ initial: cquic_initial, _ path: (local: cquic_address, remote: cquic_address), _ now: UInt64) {
    figures.retries += 1
    var (initial, remote) = (initial, path.remote)
    answer(path) { cquic_packet_retry($0, $1, &initial, retrySecret, &remote, now) }
  }

  private func refuse(
    _ initial: cquic_initial, _ path: (local: cquic_address, remote: cquic_address), _ error: UInt64, _ now: UInt64
  ) {
    guard answers.take(now: now) else { return }
    var initial = initial
    answer(path) { cquic_packet_refusal($0, $1, &initial, error) }
  }

  /// Lists the versions spoken here, but not to a short datagram (RFC 9000, 5.2.2).
  func negotiate(
    _ header: PacketHeader, _ packet: UnsafeRawBufferPointer, _ path: (local: cquic_address, remote: cquic_address),
    _ now: UInt64
  ) {
    guard packet.count >= 1200, answers.take(now: now), let base = packet.baseAddress else {
      figures.strays += 1
      return
    }
    figures.versionNegotiations += 1
    let bytes = base.assumingMemoryBound(to: UInt8.self)
    answer(path) { buffer, capacity in
      cquic_packet_version_negotiation(
        buffer, capacity, header.version ?? 0, bytes + header.destination.lowerBound, header.destination.count,
        bytes + header.source.lowerBound, header.source.count)
    }
  }

  /// Tells a sender that its connection is not here any more, with less than it sent (RFC 9000, 10.3).
  func reset(
    _ header: PacketHeader, _ packet: UnsafeRawBufferPointer, _ path: (local: cquic_address, remote: cquic_address),
    _ now: UInt64
  ) {
    figures.strays += 1
    guard packet.count > 43, answers.take(now: now), let base = packet.baseAddress else { return }
    figures.resets += 1
    let id = base.assumingMemoryBound(to: UInt8.self) + header.destination.lowerBound
    let size = min(packet.count - 1, 80)
    answer(path) { buffer, capacity in cquic_packet_stateless_reset(buffer, min(capacity, size), secret, id) }
  }

  /// Sends one datagram outside of any connection; it is lost when the sink is full.
  private func answer(
    _ path: (local: cquic_address, remote: cquic_address), _ write: (UnsafeMutablePointer<UInt8>, Int) -> Int
  ) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1500) { memory in
      guard waiting.isEmpty, let base = memory.baseAddress else { return }
      let length = write(base, memory.count)
      guard length > 0 else { return }
      var train = cquic_train(
        local: path.local, remote: path.remote, offset: 0, length: UInt32(length), segment: UInt16(length), ecn: 0,
        reserved: 0)
      _ = dispatch(&train, base)
    }
  }
}
