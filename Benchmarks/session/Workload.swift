// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshSession

/// What is measured; the same as in the reference programs.
struct Workload {
  enum Shape { case messages, bytes, pingPong, inFlight }

  let name: String
  /// Bytes of a message.
  let size: Int
  let shape: Shape

  static let all = [
    Workload(name: "small-64", size: 64, shape: .messages),
    Workload(name: "medium-1k", size: 1024, shape: .messages),
    Workload(name: "large-64k", size: 65_536, shape: .messages),
    Workload(name: "bulk-1m", size: 1 << 20, shape: .bytes),
    Workload(name: "round-trip", size: 64, shape: .pingPong),
    Workload(name: "in-flight-64", size: 64, shape: .inFlight),
  ]

  /// Requests that are outstanding at most.
  var flight: UInt64 { shape == .pingPong ? 1 : 64 }

  /// The flow there.
  var preamble: StreamPreamble {
    switch shape {
    case .messages: StreamPreamble(kind: .messages, trafficClass: .normal, name: Workload.there)
    case .bytes: StreamPreamble(kind: .bytes, trafficClass: .bulk, name: Workload.there)
    case .pingPong, .inFlight: StreamPreamble(kind: .messages, trafficClass: .interactive, name: Workload.there)
    }
  }

  /// The flow on which answers come.
  static let answers = StreamPreamble(kind: .messages, trafficClass: .interactive, name: back)
  static let there = "/bench/there/1"
  static let back = "/bench/back/1"
}
