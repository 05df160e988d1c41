// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import Glibc

/// How likely this node is to meet each other one, by its encounters and those of its neighbours (RFC 6693 section 2.1).
struct Predictabilities {
  private let parameters: ProphetParameters
  private var values: [EndpointID: Double] = [:]
  private var lastEncounter: [EndpointID: UInt64] = [:]
  private var agedAt: UInt64 = 0

  init(_ parameters: ProphetParameters) { self.parameters = parameters }

  func value(_ node: EndpointID) -> Double { values[node] ?? 0 }

  /// Equation 2: P = P_old * gamma^K.
  mutating func age(now: UInt64) {
    guard now > agedAt else { return }
    let units = (now - agedAt) / parameters.timeUnit
    guard units > 0 else { return }
    let factor = pow(parameters.gamma, Double(units))
    for (node, value) in values {
      let aged = value * factor
      // What has become as good as nothing is not worth its memory.
      values[node] = aged < 0.001 ? nil : aged
    }
    agedAt += units * parameters.timeUnit
  }

  /// Equation 1: P = P_old + (1 - delta - P_old) * P_encounter.
  mutating func met(_ node: EndpointID, now: UInt64) {
    age(now: now)
    let old = value(node)
    let last = lastEncounter.updateValue(now, forKey: node)
    if old < parameters.firstThreshold {
      set(node, parameters.encounterFirst)
    } else {
      let interval = Double(now - min(now, last ?? 0)) / Double(parameters.typicalInterval)
      set(node, old + (1 - parameters.delta - old) * parameters.encounterMaximum * min(1, interval))
    }
    if lastEncounter.count > parameters.limit { lastEncounter = lastEncounter.filter { values[$0.key] != nil } }
  }

  /// Equation 3: P(a, c) = max(P_old(a, c), P(a, b) * P(b, c) * beta).
  mutating func learn(_ node: EndpointID, _ theirs: Double, from neighbour: EndpointID) {
    let through = value(neighbour) * theirs * parameters.beta
    if through > value(node) { set(node, through) }
  }

  private mutating func set(_ node: EndpointID, _ value: Double) {
    guard values[node] != nil || values.count < parameters.limit else { return }
    values[node] = value
  }

  /// As they are told to neighbours: 16 bits for 0 to 1.
  var table: [(node: EndpointID, value: UInt16)] {
    values.map { ($0.key, UInt16($0.value * 65_535)) }.sorted { $0.node.description < $1.node.description }
  }
}
