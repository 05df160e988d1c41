// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleStore
import CMeshABI

/// `meshctl bundle …` and `meshctl dtn …`.
final class Commands {
  let host: Host
  private var runs: [CommandRun] = []
  /// Bundles whose makers have gone.
  private var abandoned: [UInt64] = []

  init(_ host: Host) { self.host = host }

  var isIdle: Bool { runs.isEmpty }

  func run(
    _ name: String, _ arguments: [String], token: UInt64, isJSON: Bool, _ agent: BundleAgent?,
    reload: () -> String?
  ) -> Int32 {
    guard let agent else { return MESH_E_STATE }
    let run = CommandRun(token, isJSON: isJSON)
    switch name {
    case "list": list(arguments, run, agent)
    case "show": show(arguments, run, agent)
    case "cancel": cancel(arguments, run, agent)
    case "stats": stats(run, agent)
    case "reports":
      for heard in agent.heard { run.print(ReportText.line(heard, isJSON: run.isJSON)) }
      run.finish()
    case "contacts": contacts(run, agent)
    case "reload":
      let problem = reload()
      run.finish(problem == nil ? MESH_OK : MESH_E_CONFIG, problem ?? "")
    case "routes": routes(arguments, run, agent)
    case "send": send(arguments, run, agent)
    case "listen":
      run.service = arguments.first
      listen(run, agent)
    default: return MESH_E_NOTFOUND
    }
    runs.append(run)
    return MESH_OK
  }

  func cancel(_ token: UInt64) {
    abandoned += runs.filter { $0.token == token }.compactMap(\.made)
    runs.removeAll { $0.token == token }
  }

  /// Writes what waits; true when somebody has more to read than fits.
  func turn(_ agent: BundleAgent) -> Bool {
    for run in runs where run.service != nil { listen(run, agent) }
    abandoned.removeAll { agent.outcome(of: $0) != MESH_E_AGAIN }
    for run in runs {
      // A person is told that a bundle is sent when it is on disk.
      guard let sequence = run.made else { continue }
      let code = agent.outcome(of: sequence)
      guard code != MESH_E_AGAIN else { continue }
      run.made = nil
      run.finish(code, code == MESH_OK ? "" : "the disk did not take it")
    }
    runs.removeAll { run in
      let isOver = run.flush(host)
      // What the person has read is taken.
      if run.isEmpty {
        for sequence in run.printed { agent.consumed(sequence) }
        run.printed = []
      }
      return isOver
    }
    return runs.contains { !$0.isEmpty }
  }

  private func listen(_ run: CommandRun, _ agent: BundleAgent) {
    guard let service = run.service, run.hasRoom else { return }
    for sequence in agent.waiting(for: service, limit: run.printed.count + 64) where !run.printed.contains(sequence) {
      guard let (bundle, record) = agent.show(sequence) else { continue }
      run.printed.append(sequence)
      let text = String(decoding: bundle.payload, as: UTF8.self)
      if run.isJSON {
        run.print("{\"source\":\(JSON.text("\(record.id.source)")),\"payload\":\(JSON.text(text))}")
      } else {
        run.print("\(record.id.source): \(JSON.printable(text))")
      }
    }
  }

  private func list(_ arguments: [String], _ run: CommandRun, _ agent: BundleAgent) {
    var first: UInt64 = 0
    var count = 0
    if arguments.isEmpty { for one in agent.damaged { run.print(BundleText.damaged(one, isJSON: run.isJSON)) } }
    do {
      while run.hasRoom {
        let page = try agent.list(from: first, limit: 512)
        for line in page where arguments.isEmpty || "\(line.record.destination)" == arguments[0] {
          run.print(BundleText.line(line, time: host.bundleTime, isJSON: run.isJSON))
          count += 1
        }
        guard let last = page.last else { break }
        first = last.sequence + 1
      }
    } catch { return run.finish(MESH_E_IO, error.description) }
    if !run.hasRoom { return run.finish(MESH_E_LIMIT, "there are more than the \(count) that fit; name an endpoint") }
    run.finish()
  }

  private func number(_ arguments: [String], _ run: CommandRun) -> UInt64? {
    let number = arguments.first.flatMap { UInt64($0) }
    if number == nil { run.finish(MESH_E_INVALID, "not the number of a bundle; see 'meshctl bundle list'") }
    return number
  }

  private func show(_ arguments: [String], _ run: CommandRun, _ agent: BundleAgent) {
    guard let number = number(arguments, run) else { return }
    if let damaged = agent.damaged.first(where: { $0.sequence == number }) {
      run.print(BundleText.damaged(damaged, isJSON: run.isJSON))
      if let bytes = agent.damagedBundle(number) {
        let description = BundleDescription(bytes, limits: .lenient)
        run.print(run.isJSON ? description.json : String(description.text.dropLast()))
      }
      return run.finish()
    }
    guard let (bundle, record) = agent.show(number) else {
      return run.finish(MESH_E_NOTFOUND, "there is no bundle \(number)")
    }
    for line in BundleText.blocks(bundle, record, isJSON: run.isJSON) { run.print(line) }
    run.finish()
  }

  private func cancel(_ arguments: [String], _ run: CommandRun, _ agent: BundleAgent) {
    guard let number = number(arguments, run) else { return }
    if agent.discard(number) { run.finish() } else { run.finish(MESH_E_NOTFOUND, "there is no bundle \(number)") }
  }

  private func stats(_ run: CommandRun, _ agent: BundleAgent) {
    let all = Figures.all(agent)
    let quotas = agent.usage(nodes: 32)
    if run.isJSON {
      let figures = all.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",")
      run.print("{\(figures),\"quotas\":[\(quotas.map { QuotaText.json($0) }.joined(separator: ","))]}")
    } else {
      for one in all { run.print("\(one.name) \(one.value)") }
      for one in quotas { run.print("quota \(QuotaText.line(one))") }
    }
    run.finish()
  }

  private func send(_ arguments: [String], _ run: CommandRun, _ agent: BundleAgent) {
    guard arguments.count >= 2, let destination = try? EndpointID(arguments[0]) else {
      return run.finish(MESH_E_INVALID, "not an endpoint such as dtn://node/service or ipn:1.2")
    }
    let seconds = arguments.count > 2 ? UInt64(arguments[2]) : 86_400
    guard let seconds, seconds > 0, seconds < 1 << 40 else {
      return run.finish(MESH_E_INVALID, "not a lifetime in seconds")
    }
    let reports = arguments.count > 3 ? ReportText.wishes(arguments[3]) : []
    guard let reports else {
      return run.finish(MESH_E_INVALID, "not a list of received, forwarded, delivered and deleted, or all")
    }
    let answer = agent.make(
      Array(arguments[1].utf8), to: destination, service: "terminal", lifetime: seconds * 1000, reports: reports)
    switch answer {
    case .success(let sequence): run.made = sequence
    case .failure(let refusal): run.finish(refusal.code, Self.sentence(refusal.code))
    }
  }

  private static func sentence(_ code: Int32) -> String {
    switch code {
    case MESH_E_INVALID: "bundles for nobody are not kept"
    case MESH_E_MTU: "it is too large for this node (key largest)"
    case MESH_E_LIMIT: "the store has no room for it (see 'meshctl bundle stats')"
    case MESH_E_STATE: "it cannot be signed or encrypted as the key security asks (see the log)"
    default: "the store did not take it"
    }
  }
}
