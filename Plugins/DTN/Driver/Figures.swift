// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import CMeshABI

/// What `stats` answers.
enum Figures {
  private static func pointer(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  /// Every figure, with its name.
  static func all(
    _ agent: BundleAgent
  ) -> [(name: StaticString, help: StaticString, value: UInt64, kind: UInt32)] {
    let figures = agent.figures
    return [
      ("bundles", "Bundles that are kept now.", UInt64(agent.bundleCount), MESH_STAT_GAUGE),
      ("bytes", "Bytes of bundles that are kept now.", agent.bundleBytes, MESH_STAT_GAUGE),
      (
        "damaged", "Bundles of the store that cannot be read, and stay there.", UInt64(agent.damagedCount),
        MESH_STAT_GAUGE
      ),
      ("neighbours", "Nodes that bundles can go to now.", UInt64(agent.neighbourCount), MESH_STAT_GAUGE),
      ("accepted", "Envelopes of this node that were taken.", figures.accepted, MESH_STAT_COUNTER),
      ("refused", "Bundles that were not taken for want of room.", figures.refused, MESH_STAT_COUNTER),
      ("received", "Bundles that came from neighbours.", figures.received, MESH_STAT_COUNTER),
      ("duplicates", "Bundles that came from neighbours again.", figures.duplicates, MESH_STAT_COUNTER),
      ("insecure", "Bundles that were refused because of their security.", figures.insecure, MESH_STAT_COUNTER),
      ("forwarded", "Bundles that neighbours have taken.", figures.forwarded, MESH_STAT_COUNTER),
      ("delivered", "Envelopes that this node has taken.", figures.delivered, MESH_STAT_COUNTER),
      ("expired", "Bundles whose lifetime has passed.", figures.expired, MESH_STAT_COUNTER),
      ("purged", "Bundles of others that are known to have arrived.", figures.purged, MESH_STAT_COUNTER),
      ("echoed", "Bundles that the echo service has sent back.", figures.echoed, MESH_STAT_COUNTER),
      ("reports_sent", "Status reports that were sent.", figures.reportsSent, MESH_STAT_COUNTER),
      (
        "reports_held_back", "Status reports that were not sent: too many, or no room.", figures.reportsHeldBack,
        MESH_STAT_COUNTER
      ),
      ("reports_heard", "Status reports that came.", figures.reportsHeard, MESH_STAT_COUNTER),
      ("evicted", "Bundles of others that made room.", figures.evicted, MESH_STAT_COUNTER),
    ]
  }

  static func write(_ agent: BundleAgent, to values: UnsafeMutablePointer<mesh_stat>, capacity: Int) -> Int32 {
    let all = all(agent)
    for (index, one) in all.prefix(capacity).enumerated() {
      var stat = mesh_stat()
      stat.name = pointer(one.name)
      stat.help = pointer(one.help)
      stat.value = one.value
      stat.kind = one.kind
      (values + index).initialize(to: stat)
    }
    return Int32(min(all.count, capacity))
  }
}
