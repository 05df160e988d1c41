// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import TestSupport
import Testing

@Suite struct ReplicationTests {
  static func node(_ name: String) -> EndpointID { .dtn("//\(name)/") }

  static func bundle(
    _ number: UInt64, to name: String, from previous: String? = nil, copies: UInt32? = nil, deadline: UInt64 = 1_000_000
  ) -> RoutedBundle {
    RoutedBundle(
      sequence: number,
      id: BundleID(source: .dtn("//source/"), timestamp: CreationTimestamp(time: 7, sequence: number)),
      destination: .dtn("//\(name)/x"), deadline: deadline, size: 10, previousNode: previous.map { node($0) },
      copies: copies)
  }

  /// Lets two connected routings talk until neither has anything to say; answers what bundles each gave the other.
  static func talk(
    _ one: ReplicationRouting, _ oneName: String, _ other: ReplicationRouting, _ otherName: String, now: UInt64 = 0
  ) throws -> (given: [RoutingStep], taken: [RoutingStep], gone: Set<UInt64>) {
    var steps: [[RoutingStep]] = [[], []]
    var gone: Set<UInt64> = []
    var isMoving = true
    while isMoving {
      isMoving = false
      for (index, from, to, name, peer) in [(0, one, other, oneName, otherName), (1, other, one, otherName, oneName)] {
        guard let step = from.next(for: node(peer), now: now) else { continue }
        isMoving = true
        if case .message(let bytes) = step {
          gone.formUnion(try to.receive(bytes, from: node(name), now: now))
        } else {
          steps[index].append(step)
        }
      }
    }
    return (steps[0], steps[1], gone)
  }

  static func meet(_ one: ReplicationRouting, _ oneName: String, _ other: ReplicationRouting, _ otherName: String)
    throws
    -> (given: [RoutingStep], taken: [RoutingStep], gone: Set<UInt64>)
  {
    one.connected(node(otherName), now: 0)
    other.connected(node(oneName), now: 0)
    return try talk(one, oneName, other, otherName)
  }

  @Test func epidemicGivesWhatTheOtherLacksAndNothingElse() throws {
    let one = ReplicationRouting(.epidemic)
    let other = ReplicationRouting(.epidemic)
    for number in 0..<5000 as Range<UInt64> {
      if number % 2 == 0 { one.add(Self.bundle(number, to: "far"), now: 0) }
      if number % 3 == 0 { other.add(Self.bundle(number, to: "far"), now: 0) }
    }
    let met = try Self.meet(one, "one", other, "other")
    func numbers(_ steps: [RoutingStep]) -> [UInt64] {
      steps.map { if case .bundle(let sequence, nil) = $0 { sequence } else { .max } }
    }
    #expect(numbers(met.given) == (0..<5000).filter { $0 % 2 == 0 && $0 % 3 != 0 })
    #expect(numbers(met.taken) == (0..<5000).filter { $0 % 3 == 0 && $0 % 2 != 0 })
    #expect(one.accepted(2, by: Self.node("other"), now: 0) == .keepReplicated)
  }

  @Test func whatHasArrivedIsToldAndGoesEverywhere() throws {
    let one = ReplicationRouting(.epidemic)
    let other = ReplicationRouting(.epidemic)
    one.add(Self.bundle(1, to: "far"), now: 0)
    one.add(Self.bundle(2, to: "far"), now: 0)
    other.delivered(Self.bundle(1, to: "far").id, deadline: 1_000_000, now: 0)
    let met = try Self.meet(one, "one", other, "other")
    #expect(met.gone == [1])
    #expect(met.given == [.bundle(sequence: 2, copies: nil)])
    // While they are connected too, and to third parties.
    other.delivered(Self.bundle(2, to: "far").id, deadline: 1_000_000, now: 0)
    #expect(try Self.talk(one, "one", other, "other").gone == [2])
    #expect(one.hasArrived(Self.bundle(1, to: "far").id))
  }

  @Test func theDestinationGetsItsBundleFirstAndItsCopyIsTheLast() throws {
    let one = ReplicationRouting(.epidemic)
    one.add(Self.bundle(1, to: "far"), now: 0)
    one.add(Self.bundle(2, to: "other"), now: 0)
    let met = try Self.meet(one, "one", ReplicationRouting(.epidemic), "other")
    #expect(met.given == [.bundle(sequence: 2, copies: nil), .bundle(sequence: 1, copies: nil)])
    #expect(one.accepted(2, by: Self.node("other"), now: 0) == .remove)
    #expect(one.hasArrived(Self.bundle(2, to: "other").id))
  }

  @Test func aNeighbourThatTellsNothingGetsOnlyWhatIsForItself() {
    let one = ReplicationRouting(.epidemic)
    one.add(Self.bundle(1, to: "far"), now: 0)
    one.add(Self.bundle(2, to: "mute"), now: 0)
    one.connected(Self.node("mute"), now: 0)
    while case .message? = one.next(for: Self.node("mute"), now: 0) {}
    #expect(one.nextRetry == 5000)
    one.tick(now: 5000)
    #expect(one.next(for: Self.node("mute"), now: 5000) == .bundle(sequence: 2, copies: nil))
    #expect(one.next(for: Self.node("mute"), now: 5000) == nil)
  }

  @Test func sprayGivesHalfAndKeepsTheLastForTheDestination() throws {
    let source = ReplicationRouting(.sprayAndWait(copies: 8))
    source.add(Self.bundle(1, to: "far"), now: 0)
    var given: [UInt32] = []
    for index in 0..<5 {
      let met = try Self.meet(source, "source", ReplicationRouting(.sprayAndWait(copies: 8)), "n\(index)")
      if case .bundle(1, let copies?)? = met.given.first {
        given.append(copies)
        #expect(source.accepted(1, by: Self.node("n\(index)"), now: 0) == .keepReplicated)
      }
      source.disconnected(Self.node("n\(index)"), now: 0)
    }
    #expect(given == [4, 2, 1])
    let relay = ReplicationRouting(.sprayAndWait(copies: 8))
    relay.add(Self.bundle(1, to: "far", from: "source", copies: 1), now: 0)
    #expect(try Self.meet(relay, "relay", ReplicationRouting(.epidemic), "else").given.isEmpty)
    #expect(try Self.meet(relay, "relay", ReplicationRouting(.epidemic), "far").given.count == 1)
  }

  @Test func whatIsPromisedToOneIsNotPromisedToAnother() throws {
    let source = ReplicationRouting(.sprayAndWait(copies: 2))
    source.add(Self.bundle(1, to: "far"), now: 0)
    #expect(try Self.meet(source, "s", ReplicationRouting(.epidemic), "a").given == [.bundle(sequence: 1, copies: 1)])
    #expect(try Self.meet(source, "s", ReplicationRouting(.epidemic), "b").given.isEmpty)
    // The first has not taken it: the second may have it after all.
    source.disconnected(Self.node("a"), now: 0)
    source.disconnected(Self.node("b"), now: 0)
    #expect(try Self.meet(source, "s", ReplicationRouting(.epidemic), "b").given.count == 1)
  }

  @Test func prophetGivesToWhoeverIsLikelierToMeetTheDestination() throws {
    let parameters = ProphetParameters()
    let one = ReplicationRouting(.prophet(parameters))
    let other = ReplicationRouting(.prophet(parameters))
    let third = ReplicationRouting(.prophet(parameters))
    one.add(Self.bundle(1, to: "far"), now: 0)
    #expect(try Self.meet(one, "one", third, "third").given.isEmpty)
    other.connected(Self.node("far"), now: 0)
    other.disconnected(Self.node("far"), now: 0)
    #expect(try Self.meet(one, "one", other, "other").given == [.bundle(sequence: 1, copies: nil)])
    // The other way round: who is less likely gives to whoever is more.
    other.add(Self.bundle(2, to: "far"), now: 0)
    one.disconnected(Self.node("other"), now: 0)
    other.disconnected(Self.node("one"), now: 0)
    #expect(try Self.meet(one, "one", other, "other").taken.isEmpty)
  }

  @Test(arguments: 0..<300 as Range<UInt64>) func messagesThatAreWrongAreErrorsOrNothing(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    let one = ReplicationRouting(.prophet(ProphetParameters()))
    one.add(Self.bundle(1, to: "far"), now: 0)
    one.delivered(Self.bundle(9, to: "x").id, deadline: 500, now: 0)
    one.connected(Self.node("far"), now: 0)
    one.connected(Self.node("b"), now: 0)
    while case .message(var bytes)? = one.next(for: Self.node("b"), now: 0) {
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: .min...(.max), using: &generator)
      }
      if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
      let other = ReplicationRouting(.prophet(ProphetParameters()))
      other.connected(Self.node("a"), now: 0)
      _ = try? other.receive(bytes, from: Self.node("a"), now: 0)
    }
  }
}
