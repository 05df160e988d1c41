// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import MeshConfig

@Suite struct InstallationTests {
  @Test(arguments: [
    ("/usr/bin/meshd", "/usr"), ("/usr/local/bin/meshctl", "/usr/local"), ("/usr/lib/libmesh.so.1.0.0", "/usr"),
    ("/usr/lib/x86_64-linux-gnu/libmesh.so.1.0.0", "/usr"), ("/opt/mesh/lib/libmesh.so.1", "/opt/mesh"),
    ("/opt/mesh/lib64/libmesh.so.1", "/opt/mesh"), ("/lib/libmesh.so.1", ""), ("/libmesh.so.1", ""),
  ])
  func thePrefixIsWhatStandsBeforeTheProgramOrLibrary(path: String, prefix: String) {
    #expect(Installation.prefix(of: path) == prefix)
  }

  @Test func filesOfThePrefixAreNamedFromWhereTheCodeLies() throws {
    let file = try #require(Installation.file("share/mesh/client.yaml"))
    #expect(file.hasPrefix("/") && file.hasSuffix("/share/mesh/client.yaml"))
  }
}
