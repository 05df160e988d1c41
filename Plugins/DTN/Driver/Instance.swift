// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleStore
import CMeshABI

/// One instance: an agent, driven by the host's turns.
final class Instance {
  private enum Wake: UInt64 { case store = 1, opened, stopped }

  let host: Host
  let commands: Commands
  private let settings: AgentSettings
  private var opening: Opening?
  private(set) var agent: BundleAgent?
  private var isStopping = false
  private var hasFailed = false
  /// Something has happened since the last turn.
  private var isDirty = false

  /// The clock of days may be set anew; looked at this often, nanoseconds.
  private static let longest: UInt64 = 10_000_000_000

  init(host: Host, settings: AgentSettings) {
    self.host = host
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
    guard let folder = settings.folder else {
      host.log(MESH_LOG_WARNING, "there is no 'store': bundles are kept in memory and lost with the process")
      begin(BundleStore(limits: settings.limits, wake: wake))
      return MESH_OK
    }
    let opening = Opening(folder: folder, limits: settings.limits, wake: wake)
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
    guard let key = host.nodeKey, let agent = BundleAgent(key: key, store: store, settings: settings, host: host) else {
      return fault(MESH_E_UNSUPPORTED, MESH_CLASS_UNSUPPORTED, "the host does not say which node this is")
    }
    do throws(StoreError) { try agent.restore() } catch {
      return fault(MESH_E_IO, MESH_CLASS_RESOURCE, error.description)
    }
    self.agent = agent
    host.event(MESH_EVENT_STARTED)
    let code = host.serve()
    if code != MESH_OK { host.log(MESH_LOG_ERROR, "\(Host.protocolName) cannot be served (\(code)): no neighbours") }
    if store.count > 0 { host.log(MESH_LOG_INFO, "\(store.count) bundles are stored") }
    isDirty = true
    host.post(Wake.store.rawValue)
  }

  func ready(_ events: UnsafePointer<mesh_ready>?, _ count: Int, now: UInt64) -> UInt64 {
    for event in UnsafeBufferPointer(start: events, count: count) {
      if event.kind == MESH_READY_OFFLOAD, event.token == Wake.opened.rawValue { opened() }
      if event.kind == MESH_READY_WAKE, event.token == Wake.stopped.rawValue { finishStop() }
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
    guard let agent, !isStopping else { return MESH_DEADLINE_NONE }
    let due = agent.turn()
    if let reason = agent.fault, !hasFailed {
      // Nothing says what is on the disk: the host starts the instance anew, which opens and reads it again.
      hasFailed = true
      fault(MESH_E_IO, MESH_CLASS_RESOURCE, "the store has failed: \(reason)")
    }
    let isWriting = commands.turn(agent)
    let time = host.bundleTime
    let wait = due.map { $0 > time ? min(($0 - time) * 1_000_000, Self.longest) : 0 } ?? Self.longest
    return host.now + (isWriting ? 10_000_000 : max(wait, 1_000_000))
  }

  func stop() {
    isStopping = true
    if opening == nil { host.post(Wake.stopped.rawValue) }
  }

  /// What is on its way to the disk gets there: the store ends with the agent.
  private func finishStop() {
    agent = nil
    host.event(MESH_EVENT_STOPPED)
  }

  func write(to values: UnsafeMutablePointer<mesh_stat>, capacity: Int) -> Int32 {
    guard let agent else { return 0 }
    return Figures.write(agent, to: values, capacity: capacity)
  }
}
