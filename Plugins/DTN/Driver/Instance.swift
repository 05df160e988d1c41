// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleNetwork
import BundleStore
import CMeshABI
import TransportDriver

/// One instance: an agent, driven by the host's turns.
final class Instance {
  private enum Wake: UInt64 { case store = 1, opened, stopped }

  let host: Host
  let commands: Commands
  private let sockets: TransportDriver.Host
  private(set) var settings: PluginSettings
  private let credentials: NetworkCredentials?
  private var opening: Opening?
  private(set) var agent: BundleAgent?
  private(set) var network: Network?
  private var isStopping = false
  private var hasStopped = false
  /// When the host wants the instance to be over.
  private var stopDeadline = MESH_DEADLINE_NONE
  private var hasFailed = false
  /// Something has happened since the last turn.
  private var isDirty = false

  /// The clock of days may be set anew; looked at this often, nanoseconds.
  private static let longest: UInt64 = 10_000_000_000

  init(
    host: Host, sockets: TransportDriver.Host, settings: PluginSettings, credentials: NetworkCredentials? = nil
  ) {
    self.credentials = credentials
    self.host = host
    self.sockets = sockets
    self.settings = settings
    commands = Commands(host)
  }

  func start() -> Int32 {
    guard host.isUsable else {
      host.log(MESH_LOG_WARNING, "this host has no carriers or no sessions: nothing is kept")
      host.event(MESH_EVENT_STARTED)
      return MESH_OK
    }
    let host = host
    let wake: @Sendable () -> Void = { host.post(Wake.store.rawValue) }
    guard let folder = settings.agent.folder else {
      host.log(MESH_LOG_WARNING, "there is no 'store': bundles are kept in memory and lost with the process")
      begin(BundleStore(limits: settings.agent.limits, wake: wake))
      return MESH_OK
    }
    let opening = Opening(folder: folder, limits: settings.agent.limits, wake: wake)
    self.opening = opening
    let code = host.offload(
      openBundleStore, Unmanaged.passUnretained(opening).toOpaque(), token: Wake.opened.rawValue)
    if code != MESH_OK { fault(code, MESH_CLASS_RESOURCE, "no thread to open the store") }
    return MESH_OK
  }

  private func fault(_ code: Int32, _ category: UInt32, _ text: String) {
    host.event(MESH_EVENT_FAULT, code: code, category: category, text)
  }

  private func opened() {
    guard let opening else { return }
    self.opening = nil
    if isStopping { return finishStop() }
    guard let store = opening.store else {
      let reason = opening.failure?.description ?? "the store cannot be opened"
      return fault(MESH_E_IO, MESH_CLASS_RESOURCE, reason)
    }
    begin(store)
  }

  private func begin(_ store: BundleStore) {
    guard let key = host.nodeKey, let agent = BundleAgent(key: key, store: store, settings: settings.agent, host: host)
    else {
      return fault(MESH_E_UNSUPPORTED, MESH_CLASS_UNSUPPORTED, "the host does not say which node this is")
    }
    agent.restore()
    self.agent = agent
    if let node = NodeEndpoint.node(key) {
      network = Network(
        host: sockets, settings: settings.network, credentials: credentials, node: node, delegate: self)
      host.network = network
    }
    host.event(MESH_EVENT_STARTED)
    let code = host.serve()
    if code != MESH_OK { host.log(MESH_LOG_ERROR, "\(Host.protocolName) cannot be served (\(code)): no neighbours") }
    if store.count > 0 { host.log(MESH_LOG_INFO, "\(store.count) bundles are stored") }
    isDirty = true
    host.post(Wake.store.rawValue)
  }

  func ready(_ events: UnsafePointer<mesh_ready>?, _ count: Int, now: UInt64) -> UInt64 {
    network?.beginTurn()
    for event in UnsafeBufferPointer(start: events, count: count) {
      if network?.dispatch(event) == true { continue }
      if event.kind == MESH_READY_OFFLOAD, event.token == Wake.opened.rawValue { opened() }
    }
    return turn()
  }

  /// Asks for a turn of its own: nothing is done inside a call of the host that only brings news.
  func wantTurn() {
    guard !isDirty else { return }
    isDirty = true
    host.post(Wake.store.rawValue)
  }

  private func turn() -> UInt64 {
    isDirty = false
    guard !hasStopped, opening == nil else { return MESH_DEADLINE_NONE }
    if isStopping { return stopping() }
    guard let agent else { return MESH_DEADLINE_NONE }
    let due = agent.turn()
    network?.finishTurn()
    if let reason = agent.fault, !hasFailed {
      // Nothing says what is on the disk: the host starts the instance anew, which opens and reads it again.
      hasFailed = true
      fault(MESH_E_IO, MESH_CLASS_RESOURCE, "the store has failed: \(reason)")
    }
    let isWriting = commands.turn(agent)
    let time = host.bundleTime
    let wait = due.map { $0 > time ? min(($0 - time) * 1_000_000, Self.longest) : 0 } ?? Self.longest
    let next = host.now + (isWriting ? 10_000_000 : max(wait, 1_000_000))
    return min(next, network?.nextDeadline ?? MESH_DEADLINE_NONE)
  }

  func stop(deadline: UInt64) {
    isStopping = true
    // The last word to the host goes out in time.
    stopDeadline = deadline == MESH_DEADLINE_NONE ? deadline : deadline - min(deadline, 100_000_000)
    network?.stop()
    if opening == nil { host.post(Wake.stopped.rawValue) }
  }

  /// Connections end as their protocols have it, as long as there is time; what was stored meanwhile is answered.
  private func stopping() -> UInt64 {
    _ = agent?.turn()
    network?.finishTurn()
    if network?.isEmpty ?? true || host.now >= stopDeadline {
      finishStop()
      return MESH_DEADLINE_NONE
    }
    return min(network?.nextDeadline ?? MESH_DEADLINE_NONE, stopDeadline)
  }

  /// What is on its way to the disk gets there: the store ends with the agent.
  private func finishStop() {
    guard !hasStopped else { return }
    hasStopped = true
    network?.abort()
    agent = nil
    network = nil
    host.event(MESH_EVENT_STOPPED)
  }

  /// Takes all new values or none.
  func configure(_ parameters: UnsafeBufferPointer<mesh_param>) {
    do throws(SettingsProblem) {
      let changed = try Settings.change(settings, parameters, now: host.bundleTime)
      if let agent, !agent.reroute(rules: changed.agent.rules, plan: changed.agent.plan) {
        let place = parameters.firstIndex { $0.name.map { String(cString: $0) } == "routes" } ?? 0
        return host.configured(MESH_E_RESTART, parameter: place)
      }
      agent?.secure(changed.agent.security)
      settings = changed
      network?.change(known: changed.network.known, strangers: changed.network.strangers)
      host.configured(MESH_OK, parameter: 0)
      wantTurn()
    } catch {
      if let text = error.text { host.log(MESH_LOG_ERROR, text) }
      host.configured(error.needsRestart ? MESH_E_RESTART : MESH_E_CONFIG, parameter: error.index)
    }
  }

  /// Reads contact plan and key files again; a sentence when that cannot be, and then nothing has changed.
  func reload() -> String? {
    guard let agent else { return "the transport has not started" }
    do throws(ReloadProblem) {
      let changed = try Settings.reload(settings, now: host.bundleTime)
      if settings.planFile != nil { _ = agent.reroute(rules: settings.agent.rules, plan: changed.agent.plan) }
      agent.secure(changed.agent.security)
      settings = changed
      wantTurn()
      return nil
    } catch { return error.text }
  }

  func write(to values: UnsafeMutablePointer<mesh_stat>, capacity: Int) -> Int32 {
    guard let agent else { return 0 }
    return Figures.write(agent, to: values, capacity: capacity)
  }
}
