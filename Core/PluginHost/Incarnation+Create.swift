// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

extension Incarnation {
  /// Calls `create` with the instance's parameters and secrets; what was laid out for it is zeroed afterwards.
  func create() throws(PluginError) {
    let arena = ParameterArena(instance.parameters)
    defer { arena.free() }
    let purposes = plugin.info.secrets
    let secrets = UnsafeMutablePointer<mesh_secret>.allocate(capacity: max(purposes.count, 1))
    secrets.initialize(repeating: mesh_secret(), count: max(purposes.count, 1))
    let names = ParameterArena(purposes.map { PluginParameter(name: $0, value: .integer(0), type: MESH_TYPE_INT) })
    defer {
      explicit_bzero(secrets, MemoryLayout<mesh_secret>.stride * max(purposes.count, 1))
      secrets.deallocate()
      names.free()
    }
    for (index, purpose) in purposes.enumerated() {
      secrets[index].purpose = names.parameters[index].name
      let isThere = withUnsafeMutableBytes(of: &secrets[index].key) { instance.secrets(purpose, $0) }
      guard isThere else { throw PluginError(.configuration, "\(name): there is no key for “\(purpose)”") }
    }
    var options = mesh_create_options()
    options.size = UInt32(truncatingIfNeeded: MemoryLayout<mesh_create_options>.size)
    options.param_count = UInt32(truncatingIfNeeded: instance.parameters.count)
    options.secret_count = UInt32(truncatingIfNeeded: purposes.count)
    options.params = UnsafePointer(arena.parameters)
    options.secrets = UnsafePointer(secrets)
    var made: UnsafeMutableRawPointer?
    let (code, sentence) = asked("the plugin “\(plugin.info.id)” refused its options and did not say why") {
      name.withCString { text -> Int32 in
        options.name = text
        return call("create") { plugin.table.create?(pointer, &options, &made) ?? MESH_E_UNSUPPORTED }
      }
    }
    if let sentence {
      throw PluginError(code == MESH_E_CONFIG ? .configuration : .contract, "\(name): \(sentence)", code: code)
    }
    guard let made else { throw PluginError(.contract, "\(name): “create” answers OK and gives no instance") }
    context = made
  }

  /// Hands new values of live options over; the answer is an event.
  func configure(_ parameters: [PluginParameter]) throws(PluginError) {
    guard let function = plugin.table.configure else {
      throw PluginError(.configuration, "\(name): takes no changes while it runs", code: MESH_E_RESTART)
    }
    guard state == .running, !configuring, let context else { throw PluginError(.state, "\(name): is not running") }
    let arena = ParameterArena(parameters)
    defer { arena.free() }
    configuring = true
    let (code, sentence) = asked("the plugin “\(plugin.info.id)” refused the change and did not say why") {
      call("configure") { function(context, arena.parameters, UInt32(truncatingIfNeeded: parameters.count)) }
    }
    if let sentence {
      configuring = false
      throw PluginError(.configuration, "\(name): \(sentence)", code: code)
    }
  }
}
