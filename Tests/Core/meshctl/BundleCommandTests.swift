// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import MeshctlCommands

@Suite struct BundleCommandTests {
  private func shown(_ bytes: [UInt8], isJSON: Bool = false) -> (text: String, code: Int32) {
    let result =
      isJSON ? meshctl("bundle", "decode", "-", "--json", input: bytes) : meshctl("bundle", "decode", "-", input: bytes)
    return (result.text, Int32(result.code))
  }

  @Test func whatIsWrongIsToldBlockByBlock() {
    // From the conformance cases: a primary block without a checksum, and a checksum type that is none.
    let bytes = BundleCommand.digits(
      Array(
        """
        9f89071844018202820301820100820100821b000000b5998c982b011a000493e042c9f6850602100045820282020085070401004218348501
        010118194454455354ff
        """.utf8))
    let result = shown(bytes ?? [])
    #expect(result.code == 0)
    #expect(result.text.contains("primary block, byte 1"))
    #expect(result.text.contains("not valid"))
  }

  @Test func digitsAreBytes() {
    let digits = "9f 88 07\n1844008202820301820100820100821b000000b5998c982b011a000493e08501010100\r\n4454455354ff"
    let text = shown(Array(digits.utf8)).text
    #expect(text == shown(BundleCommand.digits(Array(digits.utf8)) ?? []).text)
    #expect(text.contains("checksum"))
    #expect(BundleCommand.digits(Array("9f8".utf8)) == nil)
    #expect(BundleCommand.digits([]) == nil)
    #expect(BundleCommand.digits([0x9f, 0x88]) == nil)
  }

  @Test func garbageOfAnyKindIsShown() {
    var state: UInt64 = 7
    for length in 0..<300 {
      var bytes: [UInt8] = length % 3 == 0 ? [0x9f] : []
      for _ in 0..<length {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: state >> 33))
      }
      let result = shown(bytes)
      #expect(result.code == 0 && result.text.contains("not valid"))
      if length % 30 == 0 { #expect(shown(bytes, isJSON: true).text.hasPrefix("{\"bytes\":\(bytes.count),")) }
    }
  }

  @Test func aFileIsRead() {
    let path = "/tmp/mesh-bundle-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    defer { unlink(path) }
    let file = open(path, O_CREAT | O_WRONLY | O_EXCL, 0o600)
    #expect(write(file, [0x9f, 0xff], 2) == 2)
    close(file)
    #expect(meshctl("bundle", "decode", path).text.hasPrefix("bundle of 2 bytes"))
    #expect(meshctl("bundle", "decode").code == 2)
    #expect(meshctl("bundle", "decode", "/nowhere").code == 1)
    #expect(meshctl("bundle", "decode", "-", input: nil).code == 1)
  }
}
