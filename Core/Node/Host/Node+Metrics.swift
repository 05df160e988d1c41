// SPDX-License-Identifier: Apache-2.0
import CLinux
import MeshEventLoop
import MeshObserve
import MeshPluginHost
import MeshSession

extension Node {
  /// Sessions with at least one confirmed link.
  public var connectedPeers: Int { core.peers.values.count { !$0.links.isEmpty } }
  /// Confirmed links.
  public var confirmedLinks: Int { core.peers.values.reduce(0) { $0 + $1.links.count } }
  /// Resident bytes of the process.
  public var residentBytes: UInt64 { UInt64(max(clinux_resident_bytes(), 0)) }

  /// Every figure of the node at this moment.
  public func metricFamilies() -> [MetricFamily] {
    func one(_ name: String, _ help: String, _ value: UInt64, isCounter: Bool = true) -> MetricFamily {
      MetricFamily(
        name: name, help: help, kind: isCounter ? .counter : .gauge,
        series: [.init(value: isCounter ? .counter(value) : .gauge(Int64(clamping: value)))])
    }
    let counters = core.endpoint.counters
    return [
      one("mesh_uptime_seconds", "Seconds since the start.", (loop.now - startedAt) / 1_000_000_000, isCounter: false),
      one("mesh_resident_bytes", "Resident memory.", residentBytes, isCounter: false),
      one("mesh_peers", "Peers that are known.", UInt64(core.peers.count), isCounter: false),
      one("mesh_sessions", "Peers that are connected.", UInt64(connectedPeers), isCounter: false),
      one("mesh_links", "Links that carry data.", UInt64(confirmedLinks), isCounter: false),
      one("mesh_packet_buffers", "Packet buffers in use.", UInt64(pool.inUse), isCounter: false),
      one("mesh_handshakes_started_total", "Handshakes begun by this node.", counters.handshakesStarted),
      one("mesh_handshakes_completed_total", "Handshakes completed.", counters.handshakesCompleted),
      one("mesh_handshakes_failed_total", "Handshakes that failed.", counters.handshakesFailed),
      one("mesh_handshakes_refused_total", "Handshakes of others that were refused.", counters.handshakesRefused),
      one("mesh_cookies_sent_total", "Cookies asked for under load.", counters.cookiesSent),
      one("mesh_packets_unauthentic_total", "Packets that did not open.", counters.packetsRefused),
      one(
        "mesh_messages_dropped_total", "Messages given up for newer ones by the drop rule of their class.",
        core.messagesDropped),
      one(
        "mesh_datagrams_dropped_total", "Unreliable messages given up before they left: no room, or too large.",
        core.datagramsDropped),
      one("mesh_links_suspected_total", "Links that made no progress.", counters.linksSuspected),
    ] + transportFamilies() + registry()
  }

  private func registry() -> [MetricFamily] { metrics.registry.snapshot() }

  private func transportFamilies() -> [MetricFamily] {
    func family(_ name: String, _ help: String, _ value: (NodeTransport) -> UInt64) -> MetricFamily {
      MetricFamily(
        name: name, help: help, kind: .counter,
        series: transports.map {
          .init(labels: [MetricLabel("transport", $0.name)], value: .counter(value($0)))
        })
    }
    return [
      family("mesh_transport_sent_bytes_total", "Bytes handed to a transport.") { $0.bytesSent },
      family("mesh_transport_received_bytes_total", "Bytes that came over a transport.") { $0.bytesReceived },
      family("mesh_transport_sent_packets_total", "Packets handed to a transport.") { $0.packetsSent },
      family("mesh_transport_received_packets_total", "Packets that came over a transport.") { $0.packetsReceived },
      family("mesh_transport_refused_packets_total", "Packets that a transport gave back.") { $0.packetsRefused },
    ] + figureFamilies()
  }

  /// What plugins count themselves, by transport.
  private func figureFamilies() -> [MetricFamily] {
    var families: [String: MetricFamily] = [:]
    for transport in transports {
      guard let instance = transport.instance else { continue }
      for figure in host.figures(of: instance) {
        let name = "mesh_plugin_\(figure.name)" + (figure.isCounter ? "_total" : "")
        let value: MetricFamily.Value =
          figure.isCounter ? .counter(figure.value) : .gauge(Int64(clamping: figure.value))
        let series = MetricFamily.Series(labels: [MetricLabel("transport", transport.name)], value: value)
        families[
          name,
          default: MetricFamily(name: name, help: figure.help, kind: figure.isCounter ? .counter : .gauge, series: [])
        ].series.append(series)
      }
    }
    return families.values.sorted { $0.name < $1.name }
  }
}
