// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop
import MeshObserve
import MeshPluginHost
import MeshSession

extension Node: LinkDriver {
  /// See `LinkDriver.dial`.
  public func dial(instance: Int, address: String, deadline: UInt64) throws(DialRefusal) -> UInt64 {
    guard let transport = transport(instance), let id = transport.instance, stopPhase == .running else {
      throw DialRefusal(code: MESH_E_STATE, failureClass: MESH_CLASS_TRANSIENT, text: "the transport does not run")
    }
    do throws(PluginError) {
      let link = try host.connect(id, to: address, deadline: deadline).rawValue
      noteLink(link, NodeLink(id: link, transport: instance, address: address))
      return link
    } catch {
      let code = error.code == 0 ? MESH_E_STATE : error.code
      throw DialRefusal(code: code, failureClass: Node.failureClass(error), text: error.text)
    }
  }

  private static func failureClass(_ error: PluginError) -> UInt32 {
    switch error.kind {
    case .resource: MESH_CLASS_RESOURCE
    case .argument: MESH_CLASS_CONFIG
    case .contract: MESH_CLASS_BUG
    default: MESH_CLASS_TRANSIENT
    }
  }

  /// See `LinkDriver.disconnect`.
  public func disconnect(_ link: UInt64, abort: Bool) {
    // A link that is gone already needs nothing.
    try? host.disconnect(LinkID(rawValue: link), abort: abort)
  }

  /// See `LinkDriver.hasCredit`.
  public func hasCredit(_ link: UInt64, size: Int) -> Bool { !lanesWithCredit(link, size: size).isEmpty }

  /// See `LinkDriver.lanesWithCredit`: the plugin's credit less what this batch has used.
  public func lanesWithCredit(_ link: UInt64, size: Int) -> LaneSet {
    guard let slot = slot(link) else { return [] }
    return LaneSet(
      rawValue: host.lanesWithCredit(
        of: LinkID(rawValue: link), for: min(size, links[slot].mtu), after: links[slot].pendingFrames,
        bytes: links[slot].pendingBytes, lanes: links[slot].pendingLanes))
  }

  /// See `LinkDriver.acquire`: a pool buffer with the head-room that the plugin asked for.
  public func acquire(_ link: UInt64, size: Int) -> UnsafeMutableRawBufferPointer? {
    guard let slot = slot(link) else { return nil }
    if batchCount == Node.batchLimit { flush() }
    let buffer = batch.baseAddress.unsafelyUnwrapped + batchCount
    let size = min(size, links[slot].mtu)
    let headroom = links[slot].headroom
    guard pool.take(min: headroom + size + links[slot].tailroom, for: .host, into: buffer) else { return nil }
    buffer.pointee.link = link
    buffer.pointee.off = UInt32(truncatingIfNeeded: headroom)
    return UnsafeMutableRawBufferPointer(start: buffer.pointee.data.ptr + headroom, count: size)
  }

  /// See `LinkDriver.commit`: adds the packet to the batch.
  public func commit(_ link: UInt64, length: Int, lane: Int, trafficClass: UInt8) {
    guard let slot = slot(link) else { return abandon() }
    let buffer = batch.baseAddress.unsafelyUnwrapped + batchCount
    buffer.pointee.len = UInt32(truncatingIfNeeded: length)
    buffer.pointee.stream = UInt32(truncatingIfNeeded: lane)
    buffer.pointee.tclass = trafficClass
    batchCount += 1
    links[slot].pendingFrames += 1
    links[slot].pendingBytes += UInt64(truncatingIfNeeded: length)
    links[slot].pendingLanes.add(lane: lane, length: length)
    guard let transport = transportsByIndex[links[slot].transport] else { return }
    transport.bytesSent += UInt64(truncatingIfNeeded: length)
    transport.packetsSent += 1
  }

  /// See `LinkDriver.abandon`.
  public func abandon() { pool.put(batch[batchCount]) }

  /// See `LinkDriver.flush`: one `transmit` for the batch.
  public func flush() {
    guard batchCount > 0 else { return }
    let count = batchCount
    batchCount = 0
    for index in 0..<count {
      guard let slot = slot(batch[index].link) else { continue }
      guard links[slot].pendingFrames > 0 else { continue }
      links[slot].pendingFrames = 0
      links[slot].pendingBytes = 0
      links[slot].pendingLanes = PendingLanes()
    }
    let taken = host.transmit(UnsafeMutableBufferPointer(rebasing: batch[..<count]))
    // What the host did not take is the session's to repeat.
    for index in taken..<count { notTransmitted(batch[index]) }
  }

  func notTransmitted(_ buffer: mesh_buf) {
    if let slot = slot(buffer.link), let transport = transportsByIndex[links[slot].transport] {
      transport.packetsRefused += 1
    }
    log.debug(
      "packet_not_transmitted",
      [.link(buffer.link), .number("code", buffer.status), .number("bytes", buffer.len)])
    pool.put(buffer)
  }

  // MARK: links by slot

  @inline(__always)
  func slot(_ link: UInt64) -> Int? {
    let slot = Int(UInt32(truncatingIfNeeded: link))
    guard slot < links.count, links[slot].id == link else { return nil }
    return slot
  }

  func noteLink(_ link: UInt64, _ record: NodeLink) {
    let slot = Int(UInt32(truncatingIfNeeded: link))
    while links.count <= slot { links.append(NodeLink()) }
    // The host uses a slot again at once, while the end of its last link still waits in the queue.
    if links[slot].id != 0 { displaced[links[slot].id] = links[slot] }
    links[slot] = record
  }

  /// Forgets a link; returns what was known of it.
  func forgetLink(_ link: UInt64) -> NodeLink? {
    guard let slot = slot(link) else { return displaced.removeValue(forKey: link) }
    let record = links[slot]
    links[slot] = NodeLink()
    return record
  }

  /// The transport that carries a link.
  public func transport(ofLink link: UInt64) -> NodeTransport? { slot(link).flatMap { transport(links[$0].transport) } }

  /// Kills a link without any warning to the session, as a pulled cable would.
  public func abort(_ link: UInt64) {
    guard let slot = slot(link) else { return }
    links[slot].isAborted = true
    disconnect(link, abort: true)
    wantTurn()
  }

  func transport(_ index: Int) -> NodeTransport? {
    index >= 0 && index < transportsByIndex.count ? transportsByIndex[index] : nil
  }
}
