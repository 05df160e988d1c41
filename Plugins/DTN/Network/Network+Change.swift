// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

extension Network {
  /// Other neighbours, and other rules for strangers, from now on. Connections that would not have come about so are ended;
  /// what was under way over them goes again as after any other end.
  package func change(known: [NetworkSettings.Known], strangers: NetworkSettings.Strangers) {
    let isAsBefore = settings.strangers == strangers
    settings.known = known
    settings.strangers = strangers
    let wanted = known.compactMap { one in one.address.map { Dialler(one, $0) } }
    var moved: [Int: Int] = [:]
    for (index, dialler) in diallers.enumerated() {
      moved[index] = wanted.firstIndex { $0.neighbour == dialler.neighbour && $0.address == dialler.address }
    }
    for connection in Array(connections.values) where !mayStay(connection, moved, isAsBefore) { drop(connection) }
    var next = wanted
    for (old, new) in moved { next[new] = diallers[old] }
    diallers = next
    for connection in connections.values { connection.dialler = connection.dialler.flatMap { moved[$0] } }
    delegate.wantsTurn()
  }

  private func mayStay(_ connection: Connection, _ moved: [Int: Int], _ isAsBefore: Bool) -> Bool {
    if let index = connection.dialler, moved[index] == nil { return false }
    guard connection.hasCome else { return true }
    let isKnown = connection.node.map { settings.isKnown($0) } ?? false
    // With other rights it comes anew; one that nobody names has those of strangers.
    return isKnown == connection.isKnown && (isKnown || isAsBefore)
  }
}
