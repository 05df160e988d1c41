// SPDX-License-Identifier: Apache-2.0
import CMeshABI

extension Incarnation {
  func takeEvents(_ events: UnsafeMutablePointer<mesh_link_event>?, _ count: UInt32) -> Int32 {
    guard count > 0 else { return MESH_OK }
    guard let events else { return MESH_E_INVALID }
    var result = MESH_OK
    for index in 0..<Int(count) where isOpen {
      if !take(&events[index]) { result = MESH_E_INVALID }
    }
    host.wantFlush()
    return result
  }

  /// False when the event breaks a rule; it is then ignored.
  private func take(_ event: inout mesh_link_event) -> Bool {
    guard event.data_len <= MESH_EVENT_PAYLOAD_MAX, event.extra_len <= MESH_EVENT_PAYLOAD_MAX,
      event.data_len == 0 || event.data.ptr != nil, event.extra_len == 0 || event.extra.ptr != nil
    else {
      violation("event \(event.kind) with a payload over \(MESH_EVENT_PAYLOAD_MAX) bytes or without a pointer")
      return false
    }
    let isTaken =
      switch event.kind {
      case MESH_EVENT_STARTED: started()
      case MESH_EVENT_CONFIGURED: configured(event)
      case MESH_EVENT_STOPPED: stopped()
      case MESH_EVENT_LISTENING, MESH_EVENT_LISTEN_FAILED: listenerEvent(event)
      case MESH_EVENT_INCOMING: incoming(&event)
      case MESH_EVENT_UP: linkUp(event)
      case MESH_EVENT_FAILED, MESH_EVENT_DOWN: linkEnded(event)
      case MESH_EVENT_CAPS: linkCapabilities(event)
      case MESH_EVENT_PEER_SEEN: peerSeen(event)
      case MESH_EVENT_FAULT: faulted(event)
      default: true
      }
    if !isTaken { violation("event \(event.kind) in a state in which it cannot be") }
    return isTaken
  }

  private func started() -> Bool {
    guard state == .starting else { return false }
    host.hasStarted(self)
    return true
  }

  private func stopped() -> Bool {
    guard state == .draining, !hasStopped else { return false }
    hasStopped = true
    isOpen = false
    schedule()
    return true
  }

  private func configured(_ event: mesh_link_event) -> Bool {
    guard configuring else { return false }
    configuring = false
    let refusal = event.code == MESH_OK ? nil : failure(event, MESH_CLASS_CONFIG)
    let parameter = Int(truncatingIfNeeded: min(event.token, UInt64(UInt32.max)))
    host.queue.pointee.append(.configured(instance.id, refusal, parameter))
    return true
  }

  private func faulted(_ event: mesh_link_event) -> Bool {
    guard fault == nil, state == .starting || state == .running else { return false }
    fault = failure(event, event.fclass)
    schedule()
    return true
  }

  private func listenerEvent(_ event: mesh_link_event) -> Bool {
    guard let record = host.listeners.record(event.listener), record.incarnation === self else { return false }
    let id = ListenerID(rawValue: event.listener)
    if event.kind == MESH_EVENT_LISTENING {
      guard !record.isListening else { return false }
      host.listeners.setListening(id)
      host.queue.pointee.append(.listening(id, text(event)))
    } else {
      host.listeners.remove(id)
      host.queue.pointee.append(.listenFailed(id, failure(event, event.fclass)))
    }
    return true
  }

  private func incoming(_ event: inout mesh_link_event) -> Bool {
    event.link = 0
    event.code = MESH_E_REFUSED
    guard let record = host.listeners.record(event.listener), record.incarnation === self, state == .running else {
      event.code = MESH_E_STALE
      return false
    }
    let address = text(event)
    guard let link = host.links.pointee.insert(.offered, self, address: address) else {
      event.code = MESH_E_LIMIT
      return true
    }
    initialize(link, plugin.info.capabilities)
    let incoming = IncomingLink(
      link: link, listener: ListenerID(rawValue: event.listener), instance: instance.id, source: event.token,
      address: address)
    guard host.accepts(incoming) else {
      host.links.pointee.remove(link)
      return true
    }
    event.link = link.rawValue
    event.code = MESH_OK
    return true
  }

  private func linkUp(_ event: mesh_link_event) -> Bool {
    guard let record = own(event.link), record.pointee.state == .dialing || record.pointee.state == .offered else {
      // The host has hung up while the plugin got through: not the plugin's fault, and it will report the end.
      if let record = own(event.link), record.pointee.state == .closing, !record.pointee.wasUp { return true }
      return false
    }
    guard let caps = capabilities(event) else { return false }
    let link = LinkID(rawValue: event.link)
    record.pointee.state = .up
    record.pointee.wasUp = true
    record.pointee.laneCount = max(caps.lanes, 1)
    initialize(link, caps)
    let binding = Array(UnsafeRawBufferPointer(start: event.data.ptr, count: Int(event.data_len)))
    host.queue.pointee.append(
      .up(
        link,
        LinkUp(
          binding: binding, capabilities: caps, medium: event.token, address: host.links.pointee.address(event.link),
          isIncoming: record.pointee.isIncoming, instance: instance.id)))
    return true
  }

  private func linkEnded(_ event: mesh_link_event) -> Bool {
    guard let record = own(event.link) else { return false }
    let isDown = event.kind == MESH_EVENT_DOWN
    // A link that the host is closing may have come up meanwhile: either end is right for it.
    guard record.pointee.wasUp == isDown || record.pointee.state == .closing else { return false }
    let link = LinkID(rawValue: event.link)
    let failure = failure(event, event.fclass)
    host.queue.pointee.append(record.pointee.wasUp ? .down(link, failure) : .failed(link, failure))
    host.links.pointee.remove(link)
    if isRetiring { schedule() }
    return true
  }

  private func linkCapabilities(_ event: mesh_link_event) -> Bool {
    guard let record = own(event.link), record.pointee.state == .up || record.pointee.state == .closing,
      record.pointee.wasUp, event.extra.ptr != nil, let caps = capabilities(event)
    else { return false }
    let link = LinkID(rawValue: event.link)
    initialize(link, caps)
    host.queue.pointee.append(.capabilities(link, caps))
    return true
  }

  private func peerSeen(_ event: mesh_link_event) -> Bool {
    guard event.data_len > 0, peersSeenInCall < Incarnation.peersPerCall else { return false }
    peersSeenInCall += 1
    host.queue.pointee.append(.peerSeen(instance.id, text(event)))
    return true
  }

  private func own(_ link: UInt64) -> UnsafeMutablePointer<LinkRecord>? {
    guard let record = host.links.pointee.record(link),
      record.pointee.incarnation?.toOpaque() == Unmanaged.passUnretained(self).toOpaque()
    else { return nil }
    return record
  }

  func initialize(_ link: LinkID, _ caps: mesh_caps) {
    guard let record = host.links.pointee.record(link.rawValue) else { return }
    record.pointee.mtu = caps.mtu
    record.pointee.maxSegments = caps.max_segments
    for lane in 1..<8 as Range<UInt32> { record.pointee.noteLane(lane) }
    if caps.max_batch > 0 { maxBatch = maxBatch == 0 ? caps.max_batch : min(maxBatch, caps.max_batch) }
  }

  /// The event's capabilities, or the plugin's defaults; nil when they cannot be served.
  private func capabilities(_ event: mesh_link_event) -> mesh_caps? {
    guard let source = event.extra.ptr, event.extra_len > 0 else { return plugin.info.capabilities }
    guard event.extra_len >= 12 else { return nil }
    let declared = min(Int(source.loadUnaligned(as: UInt32.self)), Int(event.extra_len))
    var caps = mesh_caps()
    withUnsafeMutableBytes(of: &caps) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: min(declared, $0.count)))
    }
    caps.size = UInt32(truncatingIfNeeded: declared)
    do throws(PluginError) { try PluginInfo.check(caps) } catch { return nil }
    caps.size = UInt32(truncatingIfNeeded: MemoryLayout<mesh_caps>.size)
    return caps
  }

  private func text(_ event: mesh_link_event) -> String {
    printable(UnsafeRawBufferPointer(start: event.data.ptr, count: Int(event.data_len)), limit: 4096)
  }

  private func failure(_ event: mesh_link_event, _ failureClass: UInt32) -> Failure {
    Failure(code: min(event.code, 0), failureClass: failureClass, text: text(event))
  }
}
