// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshCrypto
import MeshNode
import MeshWire
import TestSupport
import Testing

@Suite struct ScheduleTests {
  /// Loss, duplication, reordering and restarts of both nodes, by a seed that a failure prints.
  @Test(arguments: 0..<40) func everyMessageArrivesOnceAndIsConfirmed(seed: Int) {
    var generator = SeededGenerator(UInt64(seed))
    let town = Correspondents()
    let (alice, bob) = (town.members[0], town.members[1])
    var keys: [[UInt8]] = []
    var delivered: Set<UInt64> = []
    func carry(_ number: Int) {
      let answer = town.carry(
        from: alice, to: bob, [UInt8(number)], number: UInt64(number), key: keys[number])
      if answer == .delivered { delivered.insert(UInt64(number)) }
    }
    for number in 0..<30 {
      keys.append(generator.bytes(16))
      carry(number)
    }
    for _ in 0..<400 {
      switch Int.random(in: 0..<13, using: &generator) {
      case 0..<4: copy(alice, bob, &generator)
      case 4..<7: copy(bob, alice, &generator)
      case 7, 8:
        for reference in bob.reader.held.shuffled(using: &generator).prefix(3) {
          bob.core.carriage.released(reference)
          bob.reader.held.removeAll { $0 == reference }
        }
      case 9:
        // The window is on disk: what was released before stays released.
        town.settle()
        town.releaseAll(bob)
        town.settle()
        town.restart(bob)
      case 10:
        note(alice, &delivered)
        town.restart(alice)
        alice.observer.states = [:]
        for number in 0..<30 where !delivered.contains(UInt64(number)) { carry(number) }
      case 11:
        town.stopCarrier(of: bob)
        if Bool.random(using: &generator) { town.settle() }
        town.startCarrier(of: bob)
      default: town.turn(milliseconds: generator.next() % 2000)
      }
      town.turn()
    }
    for _ in 0..<10 {
      town.meet(alice, bob)
      town.settle()
      town.releaseAll(bob)
      town.settle()
      town.meet(bob, alice)
      town.settle()
    }
    note(alice, &delivered)
    #expect(bob.reader.bodies.count == 30, "seed \(seed)")
    #expect(Set(bob.reader.bodies.map { $0[0] }).count == 30, "seed \(seed)")
    #expect(delivered.count == 30, "seed \(seed)")
    #expect(alice.carrier.kept.values.allSatisfy { $0.recipient != bob.identity.id }, "seed \(seed)")
  }

  private func note(_ member: Correspondents.Member, _ delivered: inout Set<UInt64>) {
    for (number, states) in member.states where states.last == .delivered { delivered.insert(number) }
  }

  /// Some of the copies, in any order, some twice.
  private func copy(
    _ one: Correspondents.Member, _ other: Correspondents.Member, _ generator: inout SeededGenerator
  ) {
    for (_, kept) in one.carrier.kept.sorted(by: { $0.key < $1.key }).shuffled(using: &generator)
    where kept.recipient == other.identity.id && Bool.random(using: &generator) {
      other.carrier.receive(kept.bytes)
      if Int.random(in: 0..<4, using: &generator) == 0 { other.carrier.receive(kept.bytes) }
    }
  }
}
