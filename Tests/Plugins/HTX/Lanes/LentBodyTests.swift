// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import Testing

@testable import HTXLanes
@testable import HTXSite

@Suite struct HTXLentBodyTests {
  /// What is not acknowledged yet needs no file.
  @Test func aFileIsClosedWhenAllOfItIsLent() throws {
    let folder = try Folder()
    let site = try Site(folder: folder.path, started: 1000)
    let request = SiteRequest(method: "GET", target: "/large", authority: "example.org")
    var body = LentBody(site.respond(to: request, unixSeconds: 784_111_777).body)
    defer { body.end() }
    var vector = cquic_vector()
    while case .filled(_) = body.fill(&vector) { #expect(try #require(site.folder).files.count == 1) }
    #expect(body.held == 1_000_000)
    #expect(try #require(site.folder).files.count == 0)
    guard case .last(let count) = body.fill(&vector) else {
      Issue.record("more than all")
      return
    }
    #expect(count == 0)
  }
}
