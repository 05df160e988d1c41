// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop

extension PluginHost {
  /// Makes an instance: `create` is called with the parameters, which have been validated before, and the keys that
  /// the plugin asks for. `name` is its key in the configuration and the name of its folder of state.
  public func createInstance(
    of plugin: Plugin, name: String, parameters: [PluginParameter] = [],
    secrets: @escaping PluginSecretProvider = { _, _ in false }
  ) throws(PluginError) -> InstanceID {
    guard PluginHost.isInstanceName(name) else {
      throw PluginError(.argument, "“\(name)” is not a name of an instance (lower case, digits, - and _, at most 64)")
    }
    guard !instances.contains(where: { $0.name == name }) else {
      throw PluginError(.argument, "there is an instance “\(name)” already", code: MESH_E_EXISTS)
    }
    guard callDepth == 0 else { throw PluginError(.state, "a plugin is being called", code: MESH_E_STATE) }
    let instance = Instance(
      id: newInstanceID(), name: name, plugin: plugin, parameters: parameters, secrets: secrets, host: self)
    instance.current = try incarnate(instance, plugin)
    instances.append(instance)
    return instance.id
  }

  /// Starts an instance that was created, has stopped, failed or is stuck; the answer is a change of state. Throws
  /// `disabled` when the start marker stands in the way.
  public func start(_ id: InstanceID) throws(PluginError) {
    let instance = try find(id)
    guard callDepth == 0 else { throw PluginError(.state, "a plugin is being called", code: MESH_E_STATE) }
    switch instance.state {
    case .starting, .running, .draining: throw PluginError(.state, "\(instance.name): is \(instance.state.rawValue)")
    case .created, .stopped, .failed, .stuck, .disabled: break
    }
    instance.cancelRestart()
    instance.isWanted = true
    try launch(instance)
  }

  /// Asks an instance to end; the answer is `stopped`, or `stuck` when it has not answered by `deadline`, on the
  /// loop's clock. An instance that was only created, or waits for its restart, is stopped at once.
  public func stop(_ id: InstanceID, deadline: UInt64) throws(PluginError) {
    let instance = try find(id)
    guard callDepth == 0 else { throw PluginError(.state, "a plugin is being called", code: MESH_E_STATE) }
    instance.isWanted = false
    instance.cancelRestart()
    if let replacement = instance.replacement { end(replacement, .replaced, deadline) }
    guard let incarnation = instance.current else {
      if instance.state != .stuck { change(instance, .stopped) }
      return
    }
    end(incarnation, .orderly, deadline)
  }

  /// Forgets an instance that has stopped, was only created or is stuck; its id is spent.
  public func remove(_ id: InstanceID) throws(PluginError) {
    let instance = try find(id)
    switch instance.state {
    case .created: try stop(id, deadline: loop.now)
    case .stopped, .stuck, .disabled: break
    default: throw PluginError(.state, "\(instance.name): is \(instance.state.rawValue)", code: MESH_E_STATE)
    }
    instances.removeAll { $0 === instance }
  }

  /// Hands new values of live options over; the answer is `configured`.
  public func configure(_ id: InstanceID, _ parameters: [PluginParameter]) throws(PluginError) {
    let instance = try find(id)
    guard callDepth == 0, let incarnation = instance.current else {
      throw PluginError(.state, "\(instance.name): is not running", code: MESH_E_STATE)
    }
    try incarnation.configure(parameters)
  }

  /// Starts another load of the same plugin beside the running one. When it has started, listeners and new links move
  /// to it; the old one keeps its links until they have ended or `drain` nanoseconds have passed, and is then stopped.
  /// When it does not start, the old one stays.
  public func replace(_ id: InstanceID, with plugin: Plugin, drain: UInt64) throws(PluginError) {
    let instance = try find(id)
    guard instance.state == .running, instance.replacement == nil, callDepth == 0 else {
      throw PluginError(.state, "\(instance.name): can be replaced only while it runs", code: MESH_E_STATE)
    }
    guard plugin.info.id == instance.plugin.info.id else {
      throw PluginError(.argument, "\(instance.name): is a “\(instance.plugin.info.id)”, not a “\(plugin.info.id)”")
    }
    let replacement = try incarnate(instance, plugin)
    replacement.drain = drain
    instance.replacement = replacement
    do throws(PluginError) {
      try begin(replacement)
    } catch {
      end(replacement, .replaced, loop.now)
      throw error
    }
  }

  /// The state of an instance, or nil for an id that names nothing.
  public func state(of id: InstanceID) -> InstanceState? { instances.first { $0.id == id }?.state }

  /// The figures that an instance's plugin gives.
  public func figures(of id: InstanceID) -> [PluginFigure] {
    guard let instance = instances.first(where: { $0.id == id }), let incarnation = instance.current,
      callDepth == 0, let context = incarnation.context, let function = incarnation.plugin.table.stats
    else { return [] }
    let capacity = PluginFigure.limit
    let values = UnsafeMutablePointer<mesh_stat>.allocate(capacity: capacity)
    defer { values.deallocate() }
    values.initialize(repeating: mesh_stat(), count: capacity)
    let count = incarnation.call("stats") { function(context, values, UInt32(truncatingIfNeeded: capacity)) }
    return (0..<min(max(Int(count), 0), capacity)).compactMap { PluginFigure(values[$0]) }
  }

  func find(_ id: InstanceID) throws(PluginError) -> Instance {
    guard let instance = instances.first(where: { $0.id == id }) else {
      throw PluginError(.stale, "\(id): is gone", code: MESH_E_STALE)
    }
    return instance
  }

  private static func isInstanceName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x5f
      }
  }
}
