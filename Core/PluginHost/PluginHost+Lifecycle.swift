// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshEventLoop

extension PluginHost {
  /// A fresh incarnation, created and not started.
  func incarnate(_ instance: Instance, _ plugin: Plugin) throws(PluginError) -> Incarnation {
    let incarnation = Incarnation(host: self, instance: instance, plugin: plugin, holder: try newHolder())
    live.append(incarnation)
    do throws(PluginError) {
      try arm(plugin.info.id)
      defer { disarm(plugin.info.id) }
      try incarnation.create()
    } catch {
      reclaim(incarnation)
      retire(incarnation)
      throw error
    }
    return incarnation
  }

  /// Starts the instance's incarnation, making one when there is none.
  func launch(_ instance: Instance) throws(PluginError) {
    do throws(PluginError) {
      if instance.current == nil { instance.current = try incarnate(instance, instance.plugin) }
      if let incarnation = instance.current { try begin(incarnation) }
    } catch {
      if error.kind == .disabled {
        instance.isWanted = false
        change(instance, .disabled, error.text)
      }
      throw error
    }
  }

  func restart(_ instance: Instance) {
    guard instance.isWanted, instance.current == nil else { return }
    instance.restarts += 1
    do throws(PluginError) {
      try launch(instance)
    } catch {
      guard error.kind != .disabled else { return }
      change(instance, .failed, error.text)
      instance.scheduleRestart()
    }
    wantFlush()
  }

  /// Calls `start`; throws when the start marker stands in the way.
  func begin(_ incarnation: Incarnation) throws(PluginError) {
    guard let context = incarnation.context, let function = incarnation.plugin.table.start else { return }
    let id = incarnation.plugin.info.id
    try arm(id)
    incarnation.state = .starting
    if incarnation.instance.current === incarnation { change(incarnation.instance, .starting) }
    incarnation.setStateTimer(loop.now &+ PluginHost.startLimit)
    let (code, sentence) = incarnation.asked("the plugin did not start and did not say why") {
      incarnation.call("start") { function(context) }
    }
    if code == MESH_OK { clearMarker(id) } else { disarm(id) }
    guard let sentence, incarnation.fault == nil else { return }
    incarnation.hasRefusedStart = true
    incarnation.fault = Failure(
      code: min(code, 0), failureClass: code == MESH_E_CONFIG ? MESH_CLASS_CONFIG : MESH_CLASS_BUG,
      text: sentence)
    incarnation.schedule()
  }

  /// STARTED has come.
  func hasStarted(_ incarnation: Incarnation) {
    let instance = incarnation.instance
    incarnation.state = .running
    incarnation.setStateTimer(loop.now &+ PluginHost.stableAfter)
    if instance.replacement === incarnation {
      incarnation.isTakingOver = true
      incarnation.schedule()
    } else {
      change(instance, .running)
    }
  }

  /// Moves listeners and new links from the old incarnation to the one that has started.
  private func takeOver(_ incarnation: Incarnation) {
    let instance = incarnation.instance
    incarnation.isTakingOver = false
    guard instance.replacement === incarnation, let old = instance.current else { return }
    instance.replacement = nil
    instance.current = incarnation
    instance.plugin = incarnation.plugin
    for listener in listeners.listeners(of: old) { move(listener, from: old, to: incarnation) }
    old.isRetiring = true
    old.setStateTimer(loop.now &+ incarnation.drain)
    old.schedule()
    change(instance, .running, "replaced by \(incarnation.plugin.info.version)")
  }

  /// Opens a listener on the new load before it is closed on the old one, with a copy of the same socket, so that what
  /// waits in its queue is accepted and nobody is turned away. Without such a socket the old one has to close first.
  private func move(_ listener: ListenerID, from old: Incarnation, to new: Incarnation) {
    guard let record = listeners.record(listener.rawValue) else { return }
    let copy = old.copyDescriptor(of: record)
    listeners.move(listener, to: new)
    var code = MESH_E_UNSUPPORTED
    if copy >= 0 {
      code = callListen(new, listener, record.address, copy)
      if code != MESH_OK { Glibc.close(copy) }
    }
    callUnlisten(old, listener)
    if code != MESH_OK { code = callListen(new, listener, record.address, -1) }
    guard code != MESH_OK else { return }
    listeners.remove(listener)
    let failure = Failure(code: code, failureClass: MESH_CLASS_CONFIG, text: "the new plugin refuses it")
    queue.pointee.append(.listenFailed(listener, failure))
  }

  /// Calls `stop`, once.
  func end(_ incarnation: Incarnation, _ ending: Incarnation.Ending, _ deadline: UInt64) {
    guard incarnation.state != .draining else {
      if ending == .orderly { incarnation.ending = .orderly }
      return
    }
    incarnation.ending = ending
    guard incarnation.state != .created, !incarnation.hasRefusedStart,
      let context = incarnation.context, let function = incarnation.plugin.table.stop
    else { return finish(incarnation) }
    incarnation.state = .draining
    for link in links.pointee.links(of: incarnation) { links.pointee.record(link.rawValue)?.pointee.state = .closing }
    if ending == .orderly { change(incarnation.instance, .draining) }
    incarnation.setStateTimer(deadline)
    let code = incarnation.call("stop") { function(context, deadline) }
    if code != MESH_OK { incarnation.violation("“stop” answers \(errorName(code))") }
  }

  /// Looks after an incarnation when none of its code is on the stack.
  func settle(_ incarnation: Incarnation) {
    guard callDepth == 0, incarnation.context != nil else { return }
    if let fault = incarnation.fault, incarnation.state != .draining, !incarnation.hasStopped {
      fail(incarnation, fault)
    }
    if incarnation.isTakingOver { takeOver(incarnation) }
    if incarnation.isRetiring, incarnation.state == .running, links.pointee.links(of: incarnation).isEmpty {
      end(incarnation, .replaced, loop.now &+ PluginHost.faultStopLimit)
    }
    if incarnation.hasStopped, incarnation.outstandingOffloads == 0 { finish(incarnation) }
  }

  private func fail(_ incarnation: Incarnation, _ fault: Failure) {
    let instance = incarnation.instance
    log(MESH_LOG_ERROR, incarnation.name, "failed: \(fault.text) (\(errorName(fault.code)))")
    endLinks(incarnation, Failure(code: MESH_E_RESET, failureClass: fault.failureClass, text: fault.text))
    if instance.current === incarnation {
      change(instance, .failed, fault.text)
      end(incarnation, .restart, loop.now &+ PluginHost.faultStopLimit)
    } else {
      if instance.replacement === incarnation { instance.replacement = nil }
      end(incarnation, .replaced, loop.now &+ PluginHost.faultStopLimit)
    }
  }

  func stateTimerExpired(_ incarnation: Incarnation) {
    switch incarnation.state {
    case .starting:
      incarnation.fault = Failure(
        code: MESH_E_TIMEOUT, failureClass: MESH_CLASS_BUG, text: "no answer to “start” in 30 seconds")
      incarnation.schedule()
    case .running where incarnation.isRetiring:
      end(incarnation, .replaced, loop.now &+ PluginHost.faultStopLimit)
    case .running:
      incarnation.instance.failuresInARow = 0
    case .draining:
      if incarnation.hasStopped { return }
      abandon(incarnation)
    default: break
    }
    wantFlush()
  }

  /// `stop` was not answered: whatever the plugin still has, it keeps.
  private func abandon(_ incarnation: Incarnation) {
    let instance = incarnation.instance
    let text = "did not answer “stop” in time; it is left alone, with \(incarnation.buffersHeld) buffers"
    incarnation.violation(text)
    endLinks(incarnation, Failure(code: MESH_E_RESET, failureClass: MESH_CLASS_BUG, text: "the plugin is stuck"))
    instance.stuckIncarnations += 1
    incarnation.state = .stuck
    conclude(incarnation, .stuck, text)
  }

  /// The incarnation has ended as it should: takes everything back and destroys it.
  private func finish(_ incarnation: Incarnation) {
    if !links.pointee.links(of: incarnation).isEmpty {
      incarnation.violation("stopped without ending its links")
    }
    endLinks(
      incarnation, Failure(code: MESH_E_CLOSED, failureClass: MESH_CLASS_TRANSIENT, text: "the plugin has stopped"))
    if incarnation.buffersHeld > 0 { incarnation.violation("stopped with \(incarnation.buffersHeld) buffers") }
    reclaim(incarnation)
    incarnation.isOpen = false
    if let context = incarnation.context, let function = incarnation.plugin.table.destroy {
      incarnation.call("destroy") { function(context) }
    }
    incarnation.context = nil
    incarnation.state = .stopped
    ended.append(incarnation)
    conclude(incarnation, .stopped, "")
  }

  private func conclude(_ incarnation: Incarnation, _ state: InstanceState, _ reason: String) {
    let instance = incarnation.instance
    retire(incarnation)
    if instance.replacement === incarnation { instance.replacement = nil }
    guard instance.current === incarnation else { return }
    instance.current = nil
    if incarnation.ending == .restart, instance.isWanted {
      instance.scheduleRestart()
    } else {
      change(instance, state, reason)
    }
  }

  private func retire(_ incarnation: Incarnation) {
    endCommands(of: incarnation)
    incarnation.close()
    live.removeAll { $0 === incarnation }
  }

  private func endLinks(_ incarnation: Incarnation, _ failure: Failure) {
    for link in links.pointee.links(of: incarnation) { end(link, failure) }
    for listener in listeners.listeners(of: incarnation) {
      listeners.remove(listener)
      queue.pointee.append(.listenFailed(listener, failure))
    }
    wantFlush()
  }

  /// Takes back the buffers of an incarnation of which nothing runs any more.
  private func reclaim(_ incarnation: Incarnation) {
    guard incarnation.buffersHeld > 0 else { return }
    let incarnationTaken = incarnation.taken
    pool.forEach(heldBy: incarnationTaken) { pool.put($0, from: incarnationTaken) }
    let transmitting = incarnation.transmitting
    pool.forEach(heldBy: transmitting) { buffer in
      guard pool.takeBack(&buffer, from: transmitting, remembered: true) != nil else { return }
      buffer.status = MESH_E_CANCELLED
      queue.pointee.appendTransmitted(&buffer)
    }
    incarnation.takenCount = 0
    incarnation.transmittedCount = 0
    wantFlush()
  }

  func change(_ instance: Instance, _ state: InstanceState, _ reason: String = "") {
    instance.state = state
    instance.reason = reason
    queue.pointee.append(.instance(instance.id, state, reason))
    wantFlush()
  }
}
