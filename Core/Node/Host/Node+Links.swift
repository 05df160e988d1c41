// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshConfig
import MeshEventLoop
import MeshObserve
import MeshPluginHost
import MeshSession
import MeshTransportManager
import MeshWire

extension Node: PluginHostDelegate {
  /// Takes an incoming link unless the node is stopping or full.
  public func linkIncoming(_ incoming: IncomingLink) -> Bool {
    guard stopPhase == .running, let transport = transport(of: incoming.instance), transport.isEnabled else {
      return false
    }
    noteLink(
      incoming.link.rawValue,
      NodeLink(
        id: incoming.link.rawValue, transport: transport.index, source: incoming.source, address: incoming.address))
    return true
  }

  /// A link can carry packets: hands it to the core.
  public func link(_ link: LinkID, cameUp up: LinkUp) {
    guard let slot = slot(link.rawValue), let transport = transport(links[slot].transport) else {
      return disconnect(link.rawValue, abort: true)
    }
    setLimits(slot, up.capabilities)
    links[slot].isUp = true
    transport.links += 1
    if transport.settings.binding == .required, up.binding.isEmpty {
      let text = "the link offers no channel binding, and 'binding: required' asks for one"
      core.linkFailed(
        link.rawValue,
        PathFailure(code: MESH_E_AUTH, kind: .config, stage: .handshake, text: text), now: loop.now)
      return disconnect(link.rawValue, abort: true)
    }
    let opens = up.capabilities.lanes <= 1 && host.opensLanes(on: link)
    let description = LinkDescription(
      transport: transport.name, address: up.address,
      binding: transport.settings.binding == .none ? [] : up.binding,
      characteristics: Node.characteristics(up.capabilities, opensLanes: opens),
      capabilities: Node.pathCapabilities(up.capabilities, medium: up.medium), source: links[slot].source)
    core.linkUp(link.rawValue, description, isIncoming: up.isIncoming, now: loop.now)
    if opens, !up.isIncoming { openLanes(link) }
    log.debug(
      "link_up",
      [
        .link(link.rawValue), .text("transport", transport.name), .address("address", up.address),
        .flag("incoming", up.isIncoming),
      ])
    wantTurn()
  }

  /// A dialled link never came up.
  public func link(_ link: LinkID, failed failure: Failure) {
    guard forgetLink(link.rawValue) != nil else { return }
    core.linkFailed(link.rawValue, Node.pathFailure(failure, wasUp: false), now: loop.now)
    wantTurn()
  }

  /// A link is gone.
  public func link(_ link: LinkID, wentDown failure: Failure) {
    guard let record = forgetLink(link.rawValue) else { return }
    if record.isUp { transport(record.transport)?.links -= 1 }
    let isOrderly = !record.isAborted && (failure.code == MESH_E_CLOSED || failure.code == MESH_OK)
    core.linkDown(link.rawValue, isOrderly ? nil : Node.pathFailure(failure, wasUp: true), now: loop.now)
    wantTurn()
  }

  /// What a link can do has changed.
  public func link(_ link: LinkID, capabilities: mesh_caps) {
    guard let slot = slot(link.rawValue) else { return }
    setLimits(slot, capabilities)
    core.linkChanged(
      link.rawValue, characteristics: Node.characteristics(capabilities),
      capabilities: Node.pathCapabilities(capabilities), now: loop.now)
    wantTurn()
  }

  /// The plugin takes more.
  public func linkHasCredit(_ link: LinkID) {
    core.linkHasCredit(link.rawValue)
    wantTurn()
  }

  /// A class has its lane from now on; or a lane that the core uses has ended: what it carried is lost, and the session
  /// goes on over other links.
  public func link(_ link: LinkID, lane: UInt32, reports report: LaneReport) {
    switch report {
    case .opened:
      if lane < LaneReport.lanesOfCore { core.linkOpenedLane(link.rawValue, lane: Int(lane)) }
    case .failed(let code):
      log.debug("lane_failed", [.link(link.rawValue), .number("lane", lane), .number("code", code)])
    case .closed, .reset:
      guard lane < LaneReport.lanesOfCore else { return }
      log.debug("lane_ended", [.link(link.rawValue), .number("lane", lane)])
      abort(link.rawValue)
    }
  }

  /// Packets arrived: opens them and gives the buffers back.
  public func received(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) {
    let now = loop.now
    for buffer in buffers {
      let number = slot(buffer.link).map { links[$0].transport } ?? displaced[buffer.link]?.transport
      if let number, let transport = transportsByIndex[number] {
        transport.bytesReceived += UInt64(buffer.len)
        receive(buffer, transport, now: now)
      }
      pool.put(buffer)
    }
    wantTurn()
  }

  @inline(__always)
  private func receive(_ buffer: mesh_buf, _ transport: NodeTransport, now: UInt64) {
    guard let start = buffer.data.ptr, UInt64(buffer.off) + UInt64(buffer.len) <= UInt64(buffer.cap) else { return }
    var left = Int(buffer.len)
    var at = UnsafeMutableRawPointer(start + Int(buffer.off))
    let isTrain = buffer.flags & UInt16(MESH_BUF_SEGMENTED) != 0 && buffer.segment > 0
    let most = isTrain ? Int(buffer.segment) : left
    while left > 0 {
      let count = min(most, left)
      transport.packetsReceived += 1
      core.receive(buffer.link, packet: UnsafeMutableRawBufferPointer(start: at, count: count), now: now)
      at += count
      left -= count
    }
  }

  /// Buffers come back from the plugin.
  public func transmitted(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) {
    for buffer in buffers {
      if buffer.status == MESH_OK { pool.put(buffer) } else { notTransmitted(buffer) }
    }
  }

  /// A plugin has seen somebody near.
  public func peerSeen(_ instance: InstanceID, address: String) {
    guard let transport = transport(of: instance) else { return }
    // Only the peer's own word says who is at an address: known peers that list it are tried there.
    for peer in core.peers.values where peer.addresses.contains(where: { $0.uri == address }) {
      core.peerSeen(peer.id, transport: transport.name, address: address, now: loop.now)
    }
    wantTurn()
  }

  private func setLimits(_ slot: Int, _ caps: mesh_caps) {
    links[slot].mtu = Int(min(max(caps.mtu, 256), 65_535))
    links[slot].headroom = Int(min(caps.headroom, 512))
    links[slot].tailroom = Int(min(caps.tailroom, 512))
  }

  /// Asks for a lane for each class. Until one is there, and where it never is, its class uses lane 0.
  private func openLanes(_ link: LinkID) {
    for trafficClass in TrafficClass.allCases where trafficClass != .control {
      let code = host.openLane(
        UInt32(trafficClass.rawValue), on: link, trafficClass: trafficClass.rawValue)
      guard code != MESH_OK else { continue }
      log.debug("lane_refused", [.link(link.rawValue), .number("lane", trafficClass.rawValue), .number("code", code)])
    }
  }

  /// `opensLanes`: the link has one lane, and others by request, at either end.
  static func characteristics(_ caps: mesh_caps, opensLanes: Bool = false) -> LinkCharacteristics {
    let isMetered = caps.flags & UInt32(MESH_CAP_METERED) != 0
    let factor: UInt64 = caps.energy == MESH_ENERGY_HIGH ? 4 : caps.energy == MESH_ENERGY_LOW || isMetered ? 2 : 1
    return LinkCharacteristics(
      reliable: caps.flags & UInt32(MESH_CAP_RELIABLE) != 0, ordered: caps.flags & UInt32(MESH_CAP_ORDERED) != 0,
      mtu: Int(caps.mtu), lanes: opensLanes ? TrafficClass.count : Int(clamping: caps.lanes),
      openLanes: opensLanes ? [] : .all, expectedRoundTrip: UInt64(caps.rtt_us) * 1000,
      keepAliveFactor: factor)
  }

  static func pathCapabilities(_ caps: mesh_caps, medium: UInt64 = 0) -> PathCapabilities {
    PathCapabilities(flags: caps.flags, energy: caps.energy, medium: medium)
  }

  static func pathFailure(_ failure: Failure, wasUp: Bool) -> PathFailure {
    let stage: PathFailure.Stage =
      if wasUp { .diedLater } else {
        switch failure.code {
        case MESH_E_TIMEOUT: .timedOut
        case MESH_E_AUTH, MESH_E_PROTOCOL, MESH_E_VERSION: .handshake
        default: .refused
        }
      }
    return PathFailure(
      code: failure.code, classNumber: failure.failureClass, stage: stage, text: failure.text)
  }
}
