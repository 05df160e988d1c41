// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import BundleRouting
import BundleSecurity
import BundleStore
import MeshCrypto
import TestSupport
import Testing

/// Fragments that say different things of the same bytes, as only a mistake or somebody hostile makes them.
@Suite struct ContradictionTests {
  private let payload: [UInt8] = (0..<90).map { UInt8($0) }
  private let secret = [UInt8](repeating: 7, count: 32)

  private func settings(isSigned: Bool) throws -> AgentSettings {
    var settings = AgentSettings()
    settings.otherName = try EndpointID("ipn:3.0")
    let key = SecretBytes(secret)
    if isSigned { settings.security = [SecurityRule(.verify, try EndpointPattern("*"), key: key)] }
    return settings
  }

  /// Its fragments, of which the first has the signature.
  private func pieces(_ payload: [UInt8], size: Int, isSigned: Bool) throws -> [Bundle] {
    let primary = PrimaryBlock(
      destination: try EndpointID("ipn:3.9"), source: try EndpointID("ipn:1.2"),
      timestamp: CreationTimestamp(time: 799_999_999_000, sequence: 4), lifetime: 3_600_000)
    var whole = Bundle(primary: primary, payload: payload)
    var pieces = try whole.fragments(size: size)
    guard isSigned else { return pieces }
    // A bundle with security blocks is not cut here; others do it.
    let source = try EndpointID("ipn:1.0")
    try SecretBytes(secret).withBytes { key throws(BundleError) in
      try IntegrityContext.add(to: &whole, number: 2, targets: [1], source: source, key: key)
    }
    pieces[0] = try Bundle(
      Bundle(
        primary: pieces[0].primary, extensions: Array(whole.blocks.dropLast()), payload: pieces[0].payload
      ).encoded)
    return pieces
  }

  private func node(isSigned: Bool, _ store: BundleStore = BundleStore()) throws -> AgentNode {
    let node = try AgentNode(1, store: store, settings: try settings(isSigned: isSigned))
    for number in 1...3 as ClosedRange<UInt8> {
      node.agent.came([number], node: try EndpointID("ipn:\(number).0"), isNeighbour: true, isTrusted: true)
    }
    return node
  }

  private func take(_ node: AgentNode, _ bundles: [Bundle], over connection: UInt8 = 1) {
    for (number, one) in bundles.enumerated() {
      node.agent.arrived(one.encoded, number: UInt64(number), over: [connection])
      for _ in 0..<3 { _ = node.agent.turn() }
    }
  }

  private func payloads(_ node: AgentNode) -> [[UInt8]] {
    node.agent.waiting(for: "9", limit: 100).compactMap { node.agent.show($0)?.bundle.payload }
  }

  private func forged(_ piece: Bundle) -> Bundle {
    var piece = piece
    piece.blocks[piece.blocks.count - 1].data[0] ^= 0xff
    return piece
  }

  @Test(arguments: [0, 1, 2]) func aForgedFragmentThatCameFirstDoesNotSpoilASignedBundle(_ place: Int) throws {
    let node = try node(isSigned: true)
    let pieces = try pieces(payload, size: 30, isSigned: true)
    take(node, [forged(pieces[place])], over: 2)
    take(node, pieces)
    #expect(payloads(node) == [payload])
    #expect(node.agent.bundleCount == 1, "what contradicts the bundle goes with its fragments")
  }

  @Test(arguments: 0..<60 as Range<UInt64>) func aSignedBundleComesThroughAmongWrongFragments(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let node = try node(isSigned: true)
    let right = try pieces(payload, size: 30, isSigned: true)
    // Others are cut elsewhere, and so overlap several.
    var all = right + [forged(right.randomElement(using: &random)!)]
    all.append(forged(try pieces(payload, size: 41, isSigned: true).randomElement(using: &random)!))
    all.shuffle(using: &random)
    for one in all { take(node, [one], over: UInt8.random(in: 1...3, using: &random)) }
    #expect(payloads(node) == [payload])
  }

  @Test func withAnotherKeyWhatWasRefusedIsPutTogether() throws {
    let node = try node(isSigned: true)
    let right = try #require(try settings(isSigned: true).security.first)
    node.agent.secure([SecurityRule(.verify, right.endpoints, key: SecretBytes([UInt8](repeating: 8, count: 32)))])
    take(node, try pieces(payload, size: 30, isSigned: true))
    #expect(payloads(node).isEmpty)
    #expect(node.agent.figures.insecure == 1)
    node.agent.secure([right])
    #expect(payloads(node) == [payload])
  }

  @Test func withoutASignatureThePiecesOfOneNeighbourBelongTogether() throws {
    let node = try node(isSigned: false)
    let pieces = try pieces(payload, size: 30, isSigned: false)
    take(node, [forged(pieces[1])], over: 2)
    take(node, [pieces[0], pieces[1], pieces[2]], over: 1)
    #expect(payloads(node) == [payload])
    #expect(node.lines.contains { $0.contains("contradict each other") })
  }

  @Test func aFragmentWithAnotherLifetimeIsOfAnotherBundle() throws {
    let node = try node(isSigned: false)
    let pieces = try pieces(payload, size: 30, isSigned: false)
    var wrong = forged(pieces[1])
    wrong.primary.lifetime += 1
    take(node, [wrong] + pieces)
    #expect(payloads(node) == [payload])
  }

  @Test func contradictionsOutliveARestart() throws {
    let folder = Folder()
    let pieces = try pieces(payload, size: 30, isSigned: true)
    do {
      let store = try BundleStore(folder: folder.path)
      let node = try node(isSigned: true, store)
      for one in [forged(pieces[1]), pieces[0], pieces[2], pieces[2]] {
        take(node, [one])
        store.flush()
        _ = node.agent.turn()
      }
      #expect(payloads(node).isEmpty)
    }
    let store = try BundleStore(folder: folder.path)
    let node = try node(isSigned: true, store)
    take(node, [pieces[1]])
    for _ in 0..<3 {
      store.flush()
      _ = node.agent.turn()
    }
    #expect(payloads(node) == [payload])
  }

  @Test func contradictionsAreBounded() throws {
    let node = try node(isSigned: false)
    let piece = try pieces(payload, size: 30, isSigned: false)[1]
    for number in 0..<200 {
      var one = piece
      one.blocks[one.blocks.count - 1].data[0] = UInt8(truncatingIfNeeded: number)
      one.blocks[one.blocks.count - 1].data[1] = UInt8(truncatingIfNeeded: number >> 8)
      take(node, [one], over: 2)
    }
    #expect(node.agent.bundleCount == 8)
    #expect(payloads(node).isEmpty)
    #expect(node.transfers.count { "\($0.message)".contains("notAcceptable") } == 192)
  }

  /// Each fragment of a few bytes would make this node put a whole bundle together and check it.
  @Test func whatIsRefusedAgainAndAgainIsNotTriedForEver() throws {
    let node = try node(isSigned: true)
    let wrong = try pieces([UInt8](repeating: 3, count: 400), size: 4, isSigned: true).map { forged($0) }
    take(node, wrong)
    #expect(node.agent.figures.insecure == 1)
    for number in 0..<150 as Range<Int> {
      var one = wrong[number % 100]
      one.blocks[one.blocks.count - 1].data[1] = UInt8(100 + number)
      take(node, [one], over: 2)
    }
    #expect(payloads(node).isEmpty)
    #expect(node.agent.figures.insecure == 64)
  }

  /// One that was cut otherwise is read no second time.
  @Test func otherFragmentsOfWhatWasReadAreRefused() throws {
    let node = try node(isSigned: false)
    take(node, try pieces(payload, size: 30, isSigned: false))
    for sequence in node.agent.waiting(for: "9", limit: 9) { node.agent.consumed(sequence) }
    take(node, try pieces(payload, size: 20, isSigned: false))
    #expect(payloads(node).isEmpty)
    #expect(node.agent.bundleCount == 0)
  }
}
