// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HTXDriver

@Suite struct DialledAddressTests {
  @Test func anAddressIsReadOnceUntilAnotherIsDialled() {
    var (dialled, reads) = (DialledAddress(), 0)
    func host(_ text: String) -> String? {
      Array(text.utf8).withUnsafeBytes { bytes in
        dialled.address(bytes) {
          reads += 1
          return HTXAddress(text)
        }?.host
      }
    }
    #expect(host("htx://a:1") == "a")
    #expect(host("htx://a:1") == "a")
    #expect(reads == 1)
    #expect(host("htx://b:1") == "b")
    #expect(host("htx://a:1") == "a")
    #expect(reads == 3)
    #expect(host("htx://") == nil)
    #expect(host("") == nil)
    #expect(host("htx://a:1") == "a")
    #expect(reads == 5)
  }
}
