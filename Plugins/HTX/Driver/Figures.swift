// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXTickets
import TransportDriver

/// What an instance counts.
struct Figures {
  var framesIn: UInt64 = 0
  var framesOut: UInt64 = 0
  var bytesIn: UInt64 = 0
  var bytesOut: UInt64 = 0
  var pageVisits: UInt64 = 0
  var pageVisitsOverQUIC: UInt64 = 0
  var paddingIn: UInt64 = 0
  var paddingOut: UInt64 = 0
  var visitors: UInt64 = 0
  var visitorsDisplaced: UInt64 = 0
  var visitorsRefused: UInt64 = 0
  var violations: UInt64 = 0

  private static let names: [(StaticString, StaticString)] = [
    ("links", "Links that are up"), ("links_over_quic", "Those of them that go over QUIC"),
    ("connections", "Connections in any state"),
    ("tickets_remembered", "Used tickets that are remembered"), ("frames_in", "Packets received"),
    ("frames_out", "Packets sent"), ("bytes_in", "Bytes of packets received"), ("bytes_out", "Bytes of packets sent"),
    ("visitors", "Connections that were accepted"),
    ("visitors_displaced", "Connections that were closed for others because of a limit"),
    ("visitors_refused", "Connections over QUIC that were turned away because of a limit"),
    ("violations", "Links that ended because the other end broke the protocol"),
    ("tickets_admitted", "Tickets that opened a link"), ("tickets_wrong", "Tickets with a wrong key or value"),
    ("tickets_replayed", "Tickets that were used before"),
    ("tickets_over_rate", "Tickets from networks that ask too often"),
    ("tickets_without_memory", "Good tickets for which there was no memory"),
    ("page_visits", "Pages read beside dialled links"), ("padding_in", "Bytes of padding that were dropped"),
    ("padding_out", "Bytes of padding sent beside packets"),
    ("page_visits_over_quic", "Pages that were read over QUIC"),
  ]

  /// Writes up to `capacity` figures and returns how many.
  func write(
    links: Int, overQUIC: Int, connections: Int, _ gate: TicketGate, to target: UnsafeMutablePointer<mesh_stat>,
    capacity: Int
  ) -> Int32 {
    let values = [
      UInt64(links), UInt64(overQUIC), UInt64(connections), UInt64(gate.remembered), framesIn, framesOut, bytesIn,
      bytesOut, visitors, visitorsDisplaced, visitorsRefused, violations, gate.figures.admitted, gate.figures.wrong,
      gate.figures.replayed, gate.figures.overRate, gate.figures.memoryFull, pageVisits, paddingIn, paddingOut,
      pageVisitsOverQUIC,
    ]
    let count = min(capacity, values.count)
    for index in 0..<count {
      var figure = mesh_stat()
      figure.name = Text.pointer(Self.names[index].0)
      figure.help = Text.pointer(Self.names[index].1)
      figure.value = values[index]
      figure.kind = index < 4 ? MESH_STAT_GAUGE : MESH_STAT_COUNTER
      target[index] = figure
    }
    return Int32(count)
  }
}
