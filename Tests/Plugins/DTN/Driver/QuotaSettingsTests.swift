// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleStore
import CMeshABI
import Testing

@testable import BundlePlugin

@Suite struct QuotaSettingsTests {
  private func read(_ texts: [(name: String, value: String)]) throws -> StoreLimits {
    let parameters = Parameters(texts)
    parameters.number("source_quota", 65_536, type: MESH_TYPE_SIZE)
    parameters.number("source_bundles", 7, type: MESH_TYPE_INT)
    return try parameters.with { try Settings.read($0, now: 0).agent.limits }
  }

  @Test func quotasOfSourcesAndPrioritiesAreRead() throws {
    let limits = try read([
      ("source_quotas", "ipn:4.0 100MiB"), ("source_quotas", "dtn://ship/inbox  1KiB 50"),
      ("priority_quotas", "bulk 2000 3"), ("priority_quotas", "expedited 1MB"),
      ("neighbour_quotas", "strangers 1MiB 9"), ("neighbour_quotas", "ipn:5.0 2KiB"),
    ])
    #expect(limits.neighbours.map(\.node) == [EndpointID.none, try EndpointID("ipn:5.0")])
    #expect(limits.neighbours.map(\.quota) == [.init(bytes: 1 << 20, count: 9), .init(bytes: 2048)])
    #expect(limits.perSource == .init(bytes: 65_536, count: 7))
    #expect(limits.sources.map(\.node) == [try EndpointID("ipn:4.0"), try EndpointID("dtn://ship/")])
    #expect(limits.sources.map(\.quota) == [.init(bytes: 100 << 20), .init(bytes: 1024, count: 50)])
    #expect(limits.perPriority == [.init(bytes: 2000, count: 3), .init(), .init(bytes: 1_000_000)])
  }

  @Test(arguments: [
    ("source_quotas", "ipn:4.0", "SIZE"), ("source_quotas", "hull 1MiB", "'hull'"),
    ("source_quotas", "dtn:none 1MiB", "'dtn:none'"), ("source_quotas", "ipn:4.0 much", "'much'"),
    ("source_quotas", "ipn:4.0 0", "'0'"), ("source_quotas", "ipn:4.0 1MiB 0", "number of bundles"),
    ("source_quotas", "ipn:4.0 1MiB -1", "number of bundles"), ("source_quotas", "ipn:4.0 1 1 1", "SIZE"),
    ("source_quotas", "strangers 1MiB", "'strangers'"), ("neighbour_quotas", "dtn:none 1MiB", "strangers or a node"),
    ("priority_quotas", "urgent 1MiB", "'urgent'"), ("priority_quotas", "", "SIZE"),
    ("priority_quotas", "bulk 99999999999999TiB", "size"),
  ]) func whatIsNoQuotaIsToldWithItsPlace(_ name: String, _ value: String, _ part: String) {
    let problem = #expect(throws: SettingsProblem.self) {
      try read([("priority_quotas", "bulk 1MiB"), (name, value)])
    }
    #expect(problem?.index == 1)
    #expect(problem?.text?.contains(part) == true, "\(problem?.text ?? "nothing")")
  }

  @Test func aQuotaIsShownWithWhatItBounds() {
    let usage = QuotaUsage(kind: .source(.dtn("//a\u{1b}/")), bytes: 3, count: 1, quota: .init(bytes: 10))
    #expect(QuotaText.line(usage) == "source dtn://a\u{fffd}/: 3 of 10 bytes, 1 bundles")
    #expect(
      QuotaText.json(usage)
        == "{\"kind\":\"source\",\"source\":\"dtn://a\\u001b/\",\"bytes\":3,\"bundles\":1,\"byte_limit\":10}")
  }
}
