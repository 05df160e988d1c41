// SPDX-License-Identifier: Apache-2.0
import HTXTCP
import TestSupport
import Testing

@Suite struct HTXAlternativeServiceTests {
  @Test func http3OfTheSameHostIsFound() throws {
    let nginx = try #require(AlternativeService("h3=\":443\"; ma=86400"))
    #expect(nginx == AlternativeService(port: 443))
    let mixed = try #require(AlternativeService("h2=\"other:443\", h3-29=\":443\" , h3=\":8443\";ma=\"60\"; persist=1"))
    #expect(mixed.port == 8443 && mixed.maximumAge == 60 && mixed.isPersistent && !mixed.isAlone)
    let odd = try #require(AlternativeService("h3=\":1\"; ma=5; v=\"46,43\""))
    #expect(odd.maximumAge == 5 && !odd.isAlone)
  }

  @Test(arguments: [
    "", "clear", "h3", "h3=", "h3=\"\"", "h3=\":\"", "h3=\":0\"", "h3=\":65536\"", "h3=\"other:443\"", "h3=\":443",
    "h3-29=\":443\"", "h3=\":443\"; ma=-1", "h3=\":443\"; ma=99999999999", "h3=\":443\"; ma", "\"h3=\":443\"",
  ])
  func anythingElseIsNone(value: String) { #expect(AlternativeService(value) == nil) }

  @Test(arguments: [false, true])
  func whatIsSaidOfAnotherPortIsReadAsThat(persists: Bool) {
    let said = AlternativeService(port: 443, maximumAge: 7, isPersistent: persists)
    #expect(
      AlternativeService(said.text(port: 8443)) == AlternativeService(port: 8443, maximumAge: 7, isPersistent: persists)
    )
  }
}
