// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleStore
import Glibc

/// The whole agent over a store with a million bundles of others: how long its restart takes and what it costs in
/// memory.
enum Restarting {
  /// A host that hears nothing.
  private final class Silence: AgentHost {
    let bundleTime: UInt64 = 800_000_000_000
    func report(_ token: UInt64, _ kind: UInt32, _ code: Int32) {}
    func arrived(_ id: [UInt8], _ envelope: [UInt8]) -> Bool { false }
    func send(_ message: [UInt8], to neighbour: [UInt8], token: UInt64) -> Bool { true }
    func log(_ level: UInt32, _ text: String) {}
  }

  static func measure(_ path: String) throws {
    let start = now()
    let store = try BundleStore(folder: path, limits: Reopening.limits)
    let host = Silence()
    let key = [UInt8](repeating: 1, count: 32)
    guard let agent = BundleAgent(key: key, store: store, settings: AgentSettings(), host: host) else {
      throw BenchmarkError(text: "no agent")
    }
    agent.restore()
    _ = agent.turn()
    guard agent.bundleCount == Reopening.count else { throw BenchmarkError(text: "\(agent.bundleCount) bundles") }
    figure("libmesh-agent", "million-bundles-restart", (now() - start) * 1000, "ms")
    figure("libmesh-agent", "million-bundles-anonymous", Double(Reopening.anonymousKilobytes()), "KiB")
    // A neighbour that holds none of them asks for the first.
    let began = now()
    agent.came([UInt8](repeating: 2, count: 32))
    _ = agent.turn()
    figure("libmesh-agent", "million-bundles-meeting", (now() - began) * 1000, "ms")
    figure("libmesh-agent", "million-bundles-met-anonymous", Double(Reopening.anonymousKilobytes()), "KiB")
  }
}
