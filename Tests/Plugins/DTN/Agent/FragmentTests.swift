// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleRouting
import BundleStore
import TestSupport
import Testing

@Suite struct FragmentTests {
  private let connection: [UInt8] = [1]

  private func settings() throws -> AgentSettings {
    var settings = AgentSettings()
    settings.otherName = try EndpointID("ipn:3.0")
    return settings
  }

  private func bundle(_ payload: [UInt8], _ sequence: UInt64 = 4) throws -> Bundle {
    Bundle(
      primary: PrimaryBlock(
        destination: try EndpointID("ipn:3.9"), source: try EndpointID("ipn:1.2"),
        timestamp: CreationTimestamp(time: 799_999_999_000, sequence: sequence), lifetime: 3_600_000), payload: payload)
  }

  private func node(_ store: BundleStore = BundleStore()) throws -> AgentNode {
    let node = try AgentNode(1, store: store, settings: try settings())
    node.agent.came(connection, node: try EndpointID("ipn:1.0"), isNeighbour: true, isTrusted: true)
    return node
  }

  private func take(_ node: AgentNode, _ bundles: [Bundle]) {
    for (number, one) in bundles.enumerated() {
      node.agent.arrived(one.encoded, number: UInt64(number), over: connection)
      for _ in 0..<3 { _ = node.agent.turn() }
    }
  }

  private func payloads(_ node: AgentNode) -> [[UInt8]] {
    node.agent.waiting(for: "9", limit: 100).compactMap { node.agent.show($0)?.bundle.payload }
  }

  @Test(arguments: 0..<40 as Range<UInt64>) func anyOrderOfPiecesMakesTheWhole(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let payload = (0..<Int.random(in: 2...3000, using: &random)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let whole = try bundle(payload)
    var pieces = try whole.fragments(size: max(payload.count / 9, 1))
    // Some are cut again, and some come twice.
    pieces += try whole.fragments(size: max(payload.count / 5, 1)).prefix(2)
    pieces.shuffle(using: &random)
    let node = try node()
    let last = pieces.removeLast()
    take(node, pieces)
    if !pieces.isEmpty, payloads(node).isEmpty { take(node, [last]) }
    #expect(payloads(node) == [payload])
    #expect(
      node.transfers.allSatisfy { if case .taken = $0.message { true } else { "\($0.message)".contains("completed") } })
  }

  /// A piece that says another size is of another bundle: it does not keep the rest from being put together.
  @Test func aPieceOfAnotherSizeSpoilsNothing() throws {
    let node = try node()
    var wrong = try bundle([9, 9, 9])
    wrong.primary.flags.insert(.fragment)
    wrong.primary.fragment = .init(offset: 900, total: 1000)
    take(node, [wrong] + (try bundle([1, 2, 3, 4, 5, 6]).fragments(size: 2)))
    #expect(payloads(node) == [[1, 2, 3, 4, 5, 6]])
  }

  @Test func aPieceOfSomethingThatIsTooLargeIsRefused() throws {
    let node = try node()
    var piece = try bundle([9, 9, 9])
    piece.primary.flags.insert(.fragment)
    piece.primary.fragment = .init(offset: 900, total: 1 << 40)
    take(node, [piece])
    #expect(node.agent.bundleCount == 0)
    #expect("\(node.transfers.map(\.message))".contains("notAcceptable"))
  }

  @Test func piecesWaitOverARestart() throws {
    let folder = Folder()
    let payload = [UInt8](repeating: 7, count: 1000)
    let pieces = try bundle(payload).fragments(size: 300)
    do {
      let store = try BundleStore(folder: folder.path)
      let node = try node(store)
      take(node, Array(pieces.dropLast()))
      store.flush()
      for _ in 0..<3 { _ = node.agent.turn() }
      #expect(payloads(node).isEmpty)
    }
    let store = try BundleStore(folder: folder.path)
    let node = try node(store)
    #expect(node.agent.bundleCount == pieces.count - 1)
    take(node, Array(pieces.suffix(1)))
    for _ in 0..<3 {
      store.flush()
      _ = node.agent.turn()
    }
    #expect(payloads(node) == [payload])
    #expect(node.agent.bundleCount == 1)
  }

  @Test func aWholeThatFindsNoRoomIsPutTogetherWhenThereIsSome() throws {
    let payload = [UInt8](repeating: 7, count: 1000)
    let pieces = try bundle(payload).fragments(size: 300)
    var limits = StoreLimits()
    limits.total.count = UInt64(pieces.count) + 1
    let node = try node(BundleStore(limits: limits))
    take(node, [try bundle([1], 99)] + pieces)
    #expect(payloads(node) == [[1]])
    #expect(node.agent.bundleCount == pieces.count + 1)
    let waiting = try #require(node.agent.waiting(for: "9", limit: 1).first)
    #expect(node.agent.discard(waiting))
    for _ in 0..<3 { _ = node.agent.turn() }
    node.bundleTime += 5000
    for _ in 0..<3 { _ = node.agent.turn() }
    #expect(payloads(node) == [payload])
    #expect(node.agent.bundleCount == 1)
  }

  @Test(arguments: [RoutingChoice.direct, .epidemic]) func whatWasReadDoesNotComeAgain(_ routing: RoutingChoice) throws
  {
    var settings = try settings()
    settings.routing = routing
    let node = try AgentNode(1, settings: settings)
    node.agent.came(connection, node: try EndpointID("ipn:1.0"), isNeighbour: true, isTrusted: true)
    let pieces = try bundle([1, 2, 3, 4], 8).fragments(size: 2)
    for round in 0..<3 {
      // Its sender has not heard of the answer, as over a connection that broke.
      node.transfers = []
      take(node, [try bundle([5])] + pieces)
      let refusals = node.transfers.count { "\($0.message)".contains("completed") }
      #expect(refusals == (round == 0 ? 0 : 3))
      #expect(payloads(node).count == (round == 0 ? 2 : 0))
      for sequence in node.agent.waiting(for: "9", limit: 9) { node.agent.consumed(sequence) }
    }
  }

  @Test func whatWasReadDoesNotComeAgainAfterARestart() throws {
    let folder = Folder()
    let pieces = try bundle([1, 2, 3, 4], 8).fragments(size: 2)
    for round in 0..<3 {
      let store = try BundleStore(folder: folder.path)
      let node = try node(store)
      for one in [try bundle([5])] + pieces {
        take(node, [one])
        store.flush()
        for _ in 0..<3 { _ = node.agent.turn() }
      }
      store.flush()
      _ = node.agent.turn()
      #expect(node.transfers.count { "\($0.message)".contains("completed") } == (round == 0 ? 0 : 3))
      #expect(payloads(node).count == (round == 0 ? 2 : 0))
      for sequence in node.agent.waiting(for: "9", limit: 9) { node.agent.consumed(sequence) }
      #expect(node.agent.bundleCount == 0)
      store.flush()
    }
  }

  @Test func piecesOfDifferentBundlesStayApart() throws {
    let node = try node()
    let one = try bundle([1, 1, 1, 1], 1).fragments(size: 2)
    let two = try bundle([2, 2, 2, 2], 2).fragments(size: 2)
    take(node, [one[0], two[1]])
    #expect(payloads(node).isEmpty)
    #expect(node.agent.bundleCount == 2)
    take(node, [two[0], one[1]])
    #expect(payloads(node).sorted { $0[0] < $1[0] } == [[1, 1, 1, 1], [2, 2, 2, 2]])
  }
}
