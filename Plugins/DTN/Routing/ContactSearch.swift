// SPDX-License-Identifier: Apache-2.0

extension ContactGraph {
  /// What is known of the nodes while a route is looked for, hop by hop.
  struct Search {
    /// When each node is reached, over all rounds.
    private(set) var best: [UInt64]
    /// What was improved in the last round, and is now extended.
    private(set) var previous: [(node: Int, time: UInt64)] = []
    private(set) var frontier: [Int]
    /// Rounds so far: the hops of what they reached.
    private(set) var round = 0
    private(set) var improvedGoal = false
    /// For each round, the contacts by which nodes were reached in it.
    private var through: [[Int: Int]] = []

    init(nodes: Int, origin: Int, now: UInt64) {
      best = [UInt64](repeating: .max, count: nodes)
      best[origin] = now
      frontier = [origin]
    }

    mutating func beginRound() {
      previous = frontier.map { ($0, best[$0]) }
      frontier = []
      through.append([:])
    }

    mutating func reach(_ node: Int, at time: UInt64, through contact: Int) {
      best[node] = time
      if through[round].updateValue(contact, forKey: node) == nil { frontier.append(node) }
    }

    mutating func endRound(goal: Int) {
      improvedGoal = through[round][goal] != nil
      round += 1
      frontier.removeAll { $0 == goal }
    }

    /// The contacts of a path with so many hops to a node, the first one first.
    func path(to goal: Int, hops: Int, sender: (Int) -> Int) -> [Int] {
      var path: [Int] = []
      var node = goal
      for round in stride(from: hops - 1, through: 0, by: -1) {
        // What a round extends was reached in the round before it.
        guard let contact = through[round][node] else { return [] }
        path.append(contact)
        node = sender(contact)
      }
      return path.reversed()
    }
  }
}
