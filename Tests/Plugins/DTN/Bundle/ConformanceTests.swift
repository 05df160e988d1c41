// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import Testing

/// Cases on which deployed stacks differ, collected from their public issue trackers.
@Suite struct ConformanceTests {
  static let integrityExample = """
    9f88070000820282010282028202018202820201820018281a000f4240850b0200005856810101018202820201828201078203008181820158\
    403bdc69b3a34a2b5d3a8554368bd1e808f606219d2a10a846eae3886ae4ecc83c4ee550fdfb1cc636b904e2f1a73e303dcd4b6ccece003e95\
    e8164dcc89a156e185010100005823526561647920746f2067656e657261746520612033322d62797465207061796c6f6164ff
    """

  @Test func primaryWithoutChecksumOrIntegrityIsRefusedUnlessLenient() throws {
    let bytes = hex(
      "9f88071844008202820301820100820100821b000000b5998c982b011a000493e08506021000458202820200850704010042183485010101"
        + "004454455354ff")
    #expect(throws: BundleError.self) { try Bundle(bytes) }
    #expect(try Bundle(bytes, limits: .lenient).payload == Array("TEST".utf8))
  }

  @Test func unknownBlockFlagsAreKeptAndIgnored() throws {
    let bytes = hex(
      "9f89071844018202820301820100820100821b000000b5998c982b011a000493e042c9f6850602100045820282020085070401004218348501"
        + "0118f9004454455354ff")
    let bundle = try Bundle(bytes)
    #expect(bundle.blocks.last?.flags.contains(.replicate) == true)
    #expect(bundle.encoded == bytes)
  }

  @Test func payloadWithAnotherNumberIsRefused() {
    let bytes = hex(
      "9f89071844018202820301820100820100821b000000b5998c982b011a000493e042c9f6850602100045820282020085070401004218348501"
        + "182101004454455354ff")
    #expect(throws: BundleError.self) { try Bundle(bytes, limits: .lenient) }
  }

  @Test func unknownChecksumTypeIsRefused() {
    let bytes = hex(
      "9f89071844018202820301820100820100821b000000b5998c982b011a000493e042c9f6850602100045820282020085070401004218348501"
        + "010118194454455354ff")
    #expect(throws: BundleError.self) { try Bundle(bytes, limits: .lenient) }
  }

  @Test func unknownBlockTypeIsKept() throws {
    let bytes = hex(
      "9f88070000820282030182028201018202820100821b000000bb0e20b4ea001a000927c08508020100410086010100014d48656c6c6f2c2057"
        + "6f726c64214254b3ff")
    let bundle = try Bundle(bytes, limits: .lenient)
    #expect(bundle.block(BlockType(rawValue: 8)) != nil)
    #expect(bundle.encoded == bytes)
    #expect(BundleProcessing(bundle).deletion == nil)
  }

  @Test func reportToNodeZeroIsNobody() throws {
    let bytes = hex(
      "9f88070000820282020182028201018202820001821b00ff00bb0e20b4ea001a000927c08507020100410085010100004d48656c6f2c20576f"
        + "726c642142ff")
    let bundle = try Bundle(bytes, limits: .lenient)
    #expect(bundle.primary.reportTo.isNull)
    #expect(bundle.primary.reportTo.description == "ipn:0.1")
    #expect(bundle.encoded == bytes)
  }

  @Test func reportWishOfAnAnonymousBundleIsRefused() {
    let bytes = hex(
      "9f89071844018202820301820100820100821b000000b5998c982b011a000493e042c9f6850602182700458202820200850704010042183485"
        + "010101004454455354ff")
    #expect(throws: BundleError.self) { try Bundle(bytes, limits: .lenient) }
  }

  @Test func integrityBlockOverThePrimaryReplacesItsChecksum() throws {
    // RFC 9173 appendix A.1: the target is the payload, so a strict reader refuses the primary block; A.3 names both.
    #expect(throws: BundleError.self) { try Bundle(hex(Self.integrityExample)) }
    let both = hex(
      "9f88070000820282010282028202018202820201820018281a000f4240850b030000585c820002010182028203008282010582030082818201"
        + "5820cac6ce8e4c5dae57988b757e49a6dd1431dc04763541b2845098265bc817241b81820158203ed614c0d97f49b3633627779aa18a33"
        + "8d212bf3c92b97759d9739cd50725596850c04010058348101020182028202018382014c5477656c766531323132313282020182040081"
        + "81820150efa4b5ac0108e3816c5606479801bc0485070200004319012c850101000058233a09c1e63fe23a7f66a59c7303837241e070b0"
        + "2619fc59c5214a22f08cd70795e73e9aff")
    let bundle = try Bundle(both)
    #expect(bundle.age == 300)
    #expect(bundle.encoded == both)
  }

  @Test func anUnreadableExtensionFollowsItsFlags() throws {
    var bundle = try Bundle(hex(Self.integrityExample), limits: .lenient)
    for flags in [BlockFlags(), .discardBlock, .deleteBundle] {
      bundle.blocks.removeAll { $0.type == .hopCount }
      bundle.blocks.insert(CanonicalBlock(type: .hopCount, number: 9, flags: flags, data: [0x60]), at: 0)
      let processing = BundleProcessing(bundle)
      #expect(processing.discarded == (flags == .discardBlock ? [9] : []))
      #expect(processing.deletion == (flags == .deleteBundle ? .blockUnintelligible : nil))
    }
  }
}
