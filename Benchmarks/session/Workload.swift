// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshSession

/// What is measured; the same as in the reference programs.
struct Workload {
  enum Shape {
    case messages, bytes, pingPong, inFlight
    /// Round trips one at a time while a bulk flow fills the link: in a class of their own, or behind the bulk.
    case underBulk, behindBulk
    /// Connection, handshake, a first request and its reply, over and over.
    case connect
  }

  let name: String
  /// Bytes of a message.
  let size: Int
  let shape: Shape
  /// Whether a relay between the two makes the path slow and narrow.
  var isShaped = false
  /// Whether round trips are between two cores.
  var isApart = false

  static let all = [
    Workload(name: "small-64", size: 64, shape: .messages),
    Workload(name: "medium-1k", size: 1024, shape: .messages),
    Workload(name: "large-64k", size: 65_536, shape: .messages),
    Workload(name: "bulk-1m", size: 1 << 20, shape: .bytes),
    Workload(name: "round-trip", size: 64, shape: .pingPong),
    Workload(name: "apart", size: 64, shape: .pingPong, isApart: true),
    Workload(name: "in-flight-64", size: 64, shape: .inFlight),
    Workload(name: "under-bulk", size: 64, shape: .underBulk),
    Workload(name: "shared-queue", size: 64, shape: .behindBulk),
    Workload(name: "connect", size: 8, shape: .connect),
    Workload(name: "shaped-round-trip", size: 64, shape: .pingPong, isShaped: true),
    Workload(name: "shaped-under-bulk", size: 64, shape: .underBulk, isShaped: true),
  ]

  /// Requests that are outstanding at most.
  var flight: UInt64 { shape == .pingPong ? 1 : 64 }

  /// The flow there.
  var preamble: StreamPreamble {
    switch shape {
    case .messages: StreamPreamble(kind: .messages, trafficClass: .normal, name: Workload.there)
    case .bytes: StreamPreamble(kind: .bytes, trafficClass: .bulk, name: Workload.there)
    case .pingPong, .inFlight, .underBulk, .behindBulk, .connect:
      StreamPreamble(kind: .messages, trafficClass: .interactive, name: Workload.there)
    }
  }

  /// The flow on which answers come.
  static let answers = StreamPreamble(kind: .messages, trafficClass: .interactive, name: back)
  /// The flow that fills the link.
  static let flood = StreamPreamble(kind: .messages, trafficClass: .bulk, name: filling)
  /// Bytes of its messages.
  static let floodSize = 65_536
  static let filling = "/bench/flood/1"
  static let there = "/bench/there/1"
  static let back = "/bench/back/1"
}
