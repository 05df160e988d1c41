// SPDX-License-Identifier: Apache-2.0
import BundleRouting
import CMeshABI

/// An agent can begin anew while the sessions of its node go on: its store had failed, or its transport was restarted.
extension BundleAgent {
  /// What a neighbour is told first: which life of the agent it talks to.
  func introduce(to key: [UInt8]) { answer(.life(number: life), to: key) }

  /// A neighbour has said which life it is in. What was under way to an earlier one is answered by nobody.
  func met(_ key: [UInt8], life: UInt64) {
    guard let neighbour = neighbours[key] else { return }
    if neighbour.life == life { return cameAgain(neighbour) }
    let isFirst = neighbour.life == nil
    if !isFirst { came(key) }
    neighbours[key]?.life = life
  }

  /// A neighbour has seen this node go and come, which has seen nothing of that: answers may be lost, and its word that it
  /// has room again.
  private func cameAgain(_ neighbour: Neighbour) {
    neighbour.isFull = false
    for (number, transfer) in neighbour.transfers {
      _ = neighbour.end(number)
      neighbour.abandon(transfer.sequence)
      routing.failed(transfer.sequence, for: neighbour.node, now: host.bundleTime)
    }
  }
}
