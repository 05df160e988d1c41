// SPDX-License-Identifier: Apache-2.0

import MeshSession

/// Deficit round robin over the traffic classes; control goes before all others.
///
/// A class is served while its deficit is above zero; when no waiting class is, each is given its weight's worth. A
/// class that has nothing to send keeps no credit, so that it cannot burst later (Shreedhar and Varghese, 1996).
struct ClassScheduler {
  /// Bytes per unit of weight and round.
  static let quantum = 16 << 10
  private var weights: [Int]
  private var deficits = [Int](repeating: 0, count: TrafficClass.count)

  /// - Parameter weights: by class, the first one unused; each is taken as at least 1.
  init(weights: [Int] = [1, 16, 16, 8, 2, 1]) {
    self.weights = weights.map { min(max($0, 1), 1000) }
  }

  mutating func next(among waiting: ClassSet) -> TrafficClass? {
    guard !waiting.isEmpty else { return nil }
    if waiting.contains(ClassSet(.control)) { return .control }
    while true {
      for index in 1..<TrafficClass.count where waiting.rawValue & (1 << UInt8(index)) != 0 {
        if deficits[index] > 0 { return TrafficClass(rawValue: UInt8(index)) }
      }
      for index in 1..<TrafficClass.count {
        if waiting.rawValue & (1 << UInt8(index)) != 0 {
          deficits[index] += weights[index] * Self.quantum
        } else {
          deficits[index] = 0
        }
      }
    }
  }

  mutating func served(_ trafficClass: TrafficClass, bytes: Int) { deficits[Int(trafficClass.rawValue)] -= bytes }
}
