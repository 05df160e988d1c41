// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTCP
import TransportBytes
import TransportDriver
import TransportTLS

extension Instance {
  /// The TLS exporter's label of links.
  static let exporterLabel = "EXPORTER-mesh-htx"

  /// The lanes are open that a link begins with. Called while HTTP is on the stack.
  func opened(_ connection: Connection) {
    touch(connection)
    guard !connection.wasUp, connection.phase == .visiting, !connection.hasLostPatience else { return }
    connection.patience = MESH_DEADLINE_NONE
    if isSettling { rising.append(connection) } else { rise(connection) }
  }

  /// Tells the host of links that a stored ticket has opened. The other end waits for the answers and not for this, so that
  /// they are sent first.
  func riseSettled() {
    guard !rising.isEmpty else { return }
    let risen = rising
    rising.removeAll(keepingCapacity: true)
    for connection in risen where connection.phase == .visiting && connection.ending == nil { rise(connection) }
  }

  /// The link is up.
  private func rise(_ connection: Connection) {
    if connection.isServer, !announce(connection) {
      connection.ending = Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "the host takes no more links")
      return
    }
    opened &+= 1
    if connection.isDial { dials -= 1 }
    connection.phase = .open
    connection.isNarrow = connection.opensLater
    connection.wasUp = true
    connection.upAt = host.now()
    connection.timer = nil
    visitors.leave(connection.slot)
    setDeadline(connection, MESH_DEADLINE_NONE)
    if let address = connection.address, connection.isOverQUIC { withoutQUIC.isAnswered(address.authority) }
    let binding = exported(connection) + connection.ticketDigest
    var caps = capabilities(of: connection)
    binding.withUnsafeBytes { bytes in
      withUnsafeBytes(of: &caps) { extra in
        var event = mesh_link_event()
        event.kind = MESH_EVENT_UP
        event.link = connection.link
        event.data.ptr = bytes.baseAddress
        event.data_len = UInt32(bytes.count)
        event.extra.ptr = extra.baseAddress
        event.extra_len = UInt32(extra.count)
        event.token = Information.medium(connection.isOverQUIC ? "HTTP/3" : "HTTP/2")
        host.event(&event)
      }
    }
    openCredit(connection)
    takeEarly(connection)
    beginCover(connection)
    planReturn(connection)
  }

  /// What its link can do.
  func capabilities(of connection: Connection) -> mesh_caps {
    var caps = Information.capabilities(mtu: settings.mtu)
    if connection.isOverQUIC { caps.flags |= MESH_CAP_MIGRATES }
    return caps
  }

  /// What only the two ends of the TLS session know.
  private func exported(_ connection: Connection) -> [UInt8] {
    if let exported = connection.laneClient?.exported, !exported.isEmpty { return exported }
    return connection.http3?.connection?.export(label: Self.exporterLabel, count: 32)
      ?? connection.tls?.channelBinding(Self.exporterLabel) ?? []
  }

  /// The same for those that are dialled, while their tickets are on their way.
  func exportEarly() {
    while let attempt = unbound.popLast() {
      (attempt.client as? LaneClient)?.exported =
        attempt.http3.connection?.export(label: Self.exporterLabel, count: 32) ?? []
    }
  }

  /// Asks the host for a link; false when it wants none.
  private func announce(_ connection: Connection) -> Bool {
    guard links.count < settings.maximumLinks, !isStopping else { return false }
    var event = mesh_link_event()
    event.kind = MESH_EVENT_INCOMING
    event.listener = connection.listener
    event.token = connection.remote.sourceToken
    var text = "\(connection.isOverQUIC ? "htx" : "htx+tcp")://\(connection.remote.text)"
    text.withUTF8 { bytes in
      event.data.ptr = UnsafeRawPointer(bytes.baseAddress)
      event.data_len = UInt32(bytes.count)
      host.event(&event)
    }
    guard event.link != 0 else { return false }
    connection.link = event.link
    links[event.link] = connection
    return true
  }

  /// Takes buffers of the host.
  func transmit(_ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    for index in 0..<count {
      let buffer = buffers[index]
      guard let connection = links[buffer.link], connection.phase == .open else {
        complete(buffer, MESH_E_STALE)
        continue
      }
      guard Int(buffer.len) <= settings.mtu, buffer.len > 0, Int(buffer.off) >= Information.frameHeader else {
        complete(buffer, Int(buffer.len) > settings.mtu ? MESH_E_MTU : MESH_E_INVALID)
        continue
      }
      guard Int(buffer.stream) < LaneNumbers.count else {
        complete(buffer, MESH_E_INVALID)
        continue
      }
      let lane = Int(buffer.stream)
      if lane > 0 { widen(connection) }
      if connection.owesPage { answerPage(connection) }
      let wasDrained = connection.lanes[lane].isDrained
      connection.lanes[lane].append(buffer)
      spend(connection, lane, buffer.len)
      if wasDrained { resume(connection, lane) }
      spoke(connection)
      touch(connection)
    }
  }

  func resume(_ connection: Connection, _ lane: Int) {
    if connection.isOverQUIC {
      connection.isServer ? connection.laneServer?.resume(lane) : connection.laneClient?.resume(lane)
    } else {
      connection.isServer ? connection.server?.resume(lane) : connection.client?.resume(lane)
    }
  }

  /// Tells every lane that it may end. Not to be called while HTTP is on the stack.
  func resumeAll(_ connection: Connection) {
    for lane in 0..<LaneNumbers.count { resume(connection, lane) }
  }

  func complete(_ buffer: mesh_buf, _ status: Int32) {
    var buffer = buffer
    buffer.status = status
    completed.append(buffer)
    if completed.isFull { giveBackCompleted() }
  }

  func giveBackCompleted() {
    if completed.count > 0 { host.done(completed.storage, completed.count) }
    completed.removeAll()
  }

  func deliverArrived() {
    if arrived.count > 0 { host.deliver(arrived.storage, arrived.count) }
    arrived.removeAll()
  }

  /// Copies packets of a lane, each behind its length, into a frame of HTTP.
  func fill(_ connection: Connection, _ number: Int, _ target: UnsafeMutableRawBufferPointer) -> Int {
    guard let base = target.baseAddress else { return 0 }
    var written = 0
    var wasPacket = false
    while written < target.count {
      if connection.lanes[number].isEmpty { guard wasPacket, padRecord(connection, number) else { break } }
      let buffer = connection.lanes[number].first
      wasPacket = buffer.isPacket
      let whole = Int(buffer.len) + buffer.headerBytes
      var sent = connection.lanes[number].sent
      if sent < buffer.headerBytes {
        let byte = sent == 0 ? buffer.len >> 8 : buffer.len & 0xFF
        (base + written).storeBytes(of: UInt8(byte), as: UInt8.self)
        written += 1
        connection.lanes[number].sent += 1
        continue
      }
      let part = min(whole - sent, target.count - written)
      let source = buffer.data.ptr + Int(buffer.off) + sent - buffer.headerBytes
      (base + written).copyMemory(from: source, byteCount: part)
      written += part
      sent += part
      connection.lanes[number].sent = sent
      if sent == whole { frameLeft(connection, number) }
    }
    return written == 0 && connection.isEndingLanes ? -1 : written
  }

  func frameLeft(_ connection: Connection, _ lane: Int) {
    let buffer = connection.lanes[lane].removeFirst()
    guard buffer.isPacket else {
      if buffer.isPadding { figures.paddingOut &+= UInt64(buffer.len) }
      return
    }
    figures.framesOut &+= 1
    figures.bytesOut &+= UInt64(buffer.len)
    connection.lanes[lane].credit.left(buffer.len)
    connection.lanesWithNews |= 1 << UInt8(truncatingIfNeeded: lane)
    touch(connection)
    complete(buffer, MESH_OK)
  }
}
