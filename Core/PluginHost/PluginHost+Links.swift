// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop

extension PluginHost {
  /// Starts to dial. The answer is `cameUp` or `failed`, never before this returns. `deadline` is on the loop's clock.
  public func connect(_ id: InstanceID, to address: String, deadline: UInt64 = MESH_DEADLINE_NONE)
    throws(PluginError) -> LinkID
  {
    let incarnation = try runningIncarnation(id)
    guard let context = incarnation.context, let function = incarnation.plugin.table.connect else {
      throw PluginError(.state, "\(incarnation.name): is not running", code: MESH_E_STATE)
    }
    guard let link = links.pointee.insert(.dialing, incarnation, address: address) else {
      throw PluginError(.resource, "all \(links.pointee.limit) links are in use", code: MESH_E_LIMIT)
    }
    incarnation.initialize(link, incarnation.plugin.info.capabilities)
    var options = mesh_connect_options()
    options.size = UInt32(truncatingIfNeeded: MemoryLayout<mesh_connect_options>.size)
    options.deadline_ns = deadline
    let length = address.utf8.count
    let (code, sentence) = incarnation.asked(
      "the plugin “\(incarnation.plugin.info.id)” cannot dial \(address.withoutFragment)"
    ) {
      address.withCString { text in
        incarnation.call("connect") { function(context, link.rawValue, text, length, &options) }
      }
    }
    if let sentence {
      links.pointee.remove(link)
      throw PluginError(.argument, sentence, code: code)
    }
    if deadline < MESH_DEADLINE_NONE - 1_000_000_000 {
      _ = loop.schedule(at: deadline + 1_000_000_000, token: link.rawValue, handler: self)
    }
    return link
  }

  /// Ends a link in any state; the answer is `wentDown`, or `failed` when it never was up.
  public func disconnect(_ link: LinkID, abort: Bool = false) throws(PluginError) {
    guard let record = links.pointee.record(link.rawValue), let owner = record.pointee.incarnation else {
      throw PluginError(.stale, "\(link): is gone", code: MESH_E_STALE)
    }
    guard callDepth == 0 else { throw PluginError(.state, "a plugin is being called", code: MESH_E_STATE) }
    let incarnation = owner.takeUnretainedValue()
    guard let context = incarnation.context, let function = incarnation.plugin.table.disconnect else { return }
    if record.pointee.state != .closing {
      record.pointee.state = .closing
      _ = loop.schedule(at: loop.now &+ PluginHost.disconnectLimit, token: link.rawValue, handler: self)
    }
    let mode = abort ? MESH_DISCONNECT_ABORT : MESH_DISCONNECT_GRACEFUL
    let code = incarnation.call("disconnect") { function(context, link.rawValue, mode) }
    guard code != MESH_OK, links.pointee.record(link.rawValue) != nil else { return }
    incarnation.violation("“disconnect” of \(link) answers \(errorName(code))")
    end(link, Failure(code: code, failureClass: MESH_CLASS_BUG, text: "the plugin no longer knows the link"))
  }

  /// What may be transmitted on a link now; zero for an id that names nothing.
  public func credit(of link: LinkID) -> (frames: UInt32, bytes: UInt64) {
    guard let record = links.pointee.record(link.rawValue), record.pointee.state == .up else { return (0, 0) }
    return (record.pointee.frames, record.pointee.bytes)
  }

  /// The instance that a link belongs to, or nil for an id that names nothing.
  public func instance(of link: LinkID) -> InstanceID? {
    links.pointee.record(link.rawValue)?.pointee.incarnation?.takeUnretainedValue().instance.id
  }

  /// Opens a listener; the answer is `isListeningAt` or `failed`. A `descriptor` that is bound and listening already
  /// becomes the plugin's.
  public func listen(_ id: InstanceID, on address: String, descriptor: Int32 = -1) throws(PluginError) -> ListenerID {
    let incarnation = try runningIncarnation(id)
    guard let listener = listeners.insert(incarnation, address: address) else {
      throw PluginError(.resource, "all \(ListenerTable.limit) listeners are in use", code: MESH_E_LIMIT)
    }
    let (code, sentence) = incarnation.asked(
      "the plugin “\(incarnation.plugin.info.id)” cannot listen at \(address.withoutFragment)"
    ) { callListen(incarnation, listener, address, descriptor) }
    if let sentence {
      listeners.remove(listener)
      throw PluginError(.argument, sentence, code: code)
    }
    return listener
  }

  /// Closes a listener; its id is spent at once.
  public func unlisten(_ listener: ListenerID) throws(PluginError) {
    guard let incarnation = listeners.record(listener.rawValue)?.incarnation else {
      throw PluginError(.stale, "\(listener): is gone", code: MESH_E_STALE)
    }
    guard callDepth == 0 else { throw PluginError(.state, "a plugin is being called", code: MESH_E_STATE) }
    listeners.remove(listener)
    callUnlisten(incarnation, listener)
  }

  func callListen(_ incarnation: Incarnation, _ listener: ListenerID, _ address: String, _ descriptor: Int32) -> Int32 {
    guard let context = incarnation.context, let function = incarnation.plugin.table.listen else {
      return MESH_E_UNSUPPORTED
    }
    var options = mesh_listen_options()
    options.size = UInt32(truncatingIfNeeded: MemoryLayout<mesh_listen_options>.size)
    options.fd = descriptor
    let length = address.utf8.count
    incarnation.opening = listener
    defer { incarnation.opening = nil }
    return address.withCString { text in
      incarnation.call("listen") { function(context, listener.rawValue, text, length, &options) }
    }
  }

  func callUnlisten(_ incarnation: Incarnation, _ listener: ListenerID) {
    guard let context = incarnation.context, let function = incarnation.plugin.table.unlisten else { return }
    _ = incarnation.call("unlisten") { function(context, listener.rawValue) }
  }

  /// Ends a link without the plugin's word.
  func end(_ link: LinkID, _ failure: Failure) {
    guard let record = links.pointee.record(link.rawValue), let owner = record.pointee.incarnation else { return }
    let incarnation = owner.takeUnretainedValue()
    queue.pointee.append(record.pointee.wasUp ? .down(link, failure) : .failed(link, failure))
    links.pointee.remove(link)
    if incarnation.isRetiring { incarnation.schedule() }
    wantFlush()
  }

  func linkTimerExpired(_ link: LinkID) {
    guard let record = links.pointee.record(link.rawValue), let owner = record.pointee.incarnation else { return }
    let incarnation = owner.takeUnretainedValue()
    switch record.pointee.state {
    case .dialing:
      incarnation.violation("no answer to “connect” by its deadline")
      end(link, Failure(code: MESH_E_TIMEOUT, failureClass: MESH_CLASS_BUG, text: "the plugin did not answer in time"))
      guard let context = incarnation.context, let function = incarnation.plugin.table.disconnect else { return }
      _ = incarnation.call("disconnect") { function(context, link.rawValue, MESH_DISCONNECT_ABORT) }
    case .closing:
      incarnation.violation("no answer to “disconnect”")
      end(link, Failure(code: MESH_E_TIMEOUT, failureClass: MESH_CLASS_BUG, text: "the plugin did not close the link"))
    case .free, .offered, .up: break
    }
  }

  func runningIncarnation(_ id: InstanceID) throws(PluginError) -> Incarnation {
    let instance = try find(id)
    guard callDepth == 0 else { throw PluginError(.state, "a plugin is being called", code: MESH_E_STATE) }
    guard let incarnation = instance.current, incarnation.state == .running else {
      throw PluginError(.state, "\(instance.name): is not running", code: MESH_E_STATE)
    }
    return incarnation
  }
}
