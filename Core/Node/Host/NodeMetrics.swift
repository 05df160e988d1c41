// SPDX-License-Identifier: Apache-2.0
import MeshObserve

/// The figures that the node counts as things happen. Those that the core counts itself are added by
/// `Node.metricFamilies`.
public final class NodeMetrics {
  /// All figures, for rendering.
  public let registry: MetricsRegistry
  let connects: Counter
  let restarts: Counter
  let sessionsRefused: Counter
  let unreachable: Counter
  /// Messages taken from applications.
  public let messagesSent: Counter
  /// Messages handed to applications.
  public let messagesReceived: Counter
  /// Messages whose lifetime ran out.
  public let messagesExpired: Counter
  /// Messages that the peer refused.
  public let messagesRefused: Counter
  /// Unreliable messages of applications that no stream took.
  public let datagramsRefused: Counter
  /// Unreliable messages that came and that their application had no room for.
  public let datagramsUnread: Counter
  let roundTrip: Histogram
  /// Time from acceptance to confirmed delivery, nanoseconds.
  public let delivery: Histogram
  private let confirmed: Counter
  private let suspect: Counter
  private let recovered: Counter
  private let closed: Counter
  private let failed: Counter

  init() throws(MetricsError) {
    let registry = MetricsRegistry()
    self.registry = registry
    func counter(_ name: String, _ help: String) throws(MetricsError) -> Counter {
      try registry.counter(name, help: help)
    }
    func events(_ event: String) throws(MetricsError) -> Counter {
      let labels = [MetricLabel("event", event)]
      return try registry.counter("mesh_link_events_total", help: "What happened to links.", labels: labels)
    }
    func durations(_ name: String, _ help: String) throws(MetricsError) -> Histogram {
      try registry.histogram(name, help: help, unit: .nanoseconds)
    }
    connects = try counter("mesh_peer_connects_total", "Times that a peer became connected.")
    restarts = try counter("mesh_peer_restarts_total", "Times that a peer came back with a new session.")
    unreachable = try counter("mesh_peer_unreachable_total", "Times that no path led to a peer.")
    messagesSent = try counter("mesh_messages_delivered_total", "Messages that a peer's application has released.")
    messagesReceived = try counter("mesh_messages_received_total", "Messages that an application here has released.")
    messagesExpired = try counter("mesh_messages_expired_total", "Messages whose lifetime passed.")
    messagesRefused = try counter("mesh_messages_refused_total", "Messages that a peer refused.")
    datagramsRefused = try counter(
      "mesh_datagrams_refused_total", "Unreliable messages of applications that no stream took.")
    datagramsUnread = try counter(
      "mesh_datagrams_unread_total", "Unreliable messages that came and that their application had no room for.")
    roundTrip = try durations(
      "mesh_link_round_trip_seconds", "Smoothed round trips of links, sampled every ten seconds.")
    delivery = try durations(
      "mesh_message_delivery_seconds", "From acceptance of a message to its release by the peer.")
    sessionsRefused = try counter("mesh_sessions_refused_total", "Sessions beyond node.max_sessions.")
    confirmed = try events("confirmed")
    suspect = try events("suspect")
    recovered = try events("recovered")
    closed = try events("closed")
    failed = try events("failed")
  }

  func count(_ event: LinkEvent) {
    switch event {
    case .confirmed: confirmed.add()
    case .suspect: suspect.add()
    case .recovered: recovered.add()
    case .closed: closed.add()
    case .failed: failed.add()
    }
  }
}
