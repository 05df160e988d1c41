// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport

/// Who meets whom and when: nodes that walk to random places in a square, each with a haunt that it comes back to.
public struct MobilityTrace: Sendable {
  /// One meeting; times in milliseconds.
  public struct Meeting: Sendable {
    /// The two, by number.
    public var pair: (Int, Int)
    /// When they come near.
    public var start: UInt64
    /// When they part.
    public var end: UInt64
  }

  /// In the order of their beginning.
  public let meetings: [Meeting]
  /// Nodes.
  public let nodes: Int
  /// Milliseconds.
  public let duration: UInt64

  /// A trace: `nodes` in a square of `side` metres, at 1.5 m/s, that hear each other at `range` metres.
  public init(nodes: Int, side: Double, range: Double, duration: UInt64, seed: UInt64) {
    var random = SeededGenerator(seed)
    func place() -> (Double, Double) {
      (Double.random(in: 0...side, using: &random), Double.random(in: 0...side, using: &random))
    }
    let haunts = (0..<nodes).map { _ in place() }
    var places = haunts
    var goals = (0..<nodes).map { _ in place() }
    var meetings: [Meeting] = []
    var open: [Int: UInt64] = [:]
    let step: UInt64 = 1000
    for time in stride(from: 0, through: duration, by: UInt64.Stride(step)) {
      for index in 0..<nodes {
        let (dx, dy) = (goals[index].0 - places[index].0, goals[index].1 - places[index].1)
        let distance = (dx * dx + dy * dy).squareRoot()
        if distance < 1.5 {
          goals[index] = Double.random(in: 0...1, using: &random) < 0.4 ? haunts[index] : place()
        } else {
          places[index].0 += dx / distance * 1.5
          places[index].1 += dy / distance * 1.5
        }
      }
      for one in 0..<nodes {
        for other in (one + 1)..<nodes {
          let (dx, dy) = (places[one].0 - places[other].0, places[one].1 - places[other].1)
          let isNear = dx * dx + dy * dy <= range * range && time < duration
          if isNear, open[one * nodes + other] == nil { open[one * nodes + other] = time }
          if !isNear, let start = open.removeValue(forKey: one * nodes + other) {
            meetings.append(Meeting(pair: (one, other), start: start, end: time))
          }
        }
      }
    }
    self.meetings = meetings.sorted { ($0.start, $0.pair.0, $0.pair.1) < ($1.start, $1.pair.0, $1.pair.1) }
    self.nodes = nodes
    self.duration = duration
  }
}
