// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import MeshConfig

@Suite struct ClientConfigurationTests {
  private func load(_ text: String, mode: mode_t = 0o644, owner: UInt32 = geteuid()) -> Result<
    String?, ConfigurationError
  > {
    let path = "/tmp/mesh-client-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).yaml"
    let descriptor = open(path, O_CREAT | O_WRONLY | O_EXCL, 0o600)
    let bytes = Array(text.utf8)
    _ = write(descriptor, bytes, bytes.count)
    fchmod(descriptor, mode)
    close(descriptor)
    defer { unlink(path) }
    return Result { () throws(ConfigurationError) in
      try ClientConfiguration.load(path: path, owner: owner).serviceUser
    }
  }

  private func reason(_ result: Result<String?, ConfigurationError>) -> String {
    if case .failure(let error) = result { "\(error)" } else { "" }
  }

  @Test func aFileNamesTheServiceUser() throws {
    #expect(try load("service_user: mesh\n").get() == "mesh")
    #expect(try load("service_user: 998").get() == "998")
    #expect(try load("# nothing\n").get() == nil)
  }

  @Test func onlyAFileOfRootThatNobodyElseWritesIsTaken() {
    #expect(reason(load("service_user: mesh", mode: 0o664)).contains("chmod go-w"))
    #expect(reason(load("service_user: mesh", mode: 0o646)).contains("chmod go-w"))
    #expect(reason(load("service_user: mesh", owner: geteuid() + 1)).contains("expected a file of root's"))
  }

  @Test func mistakesHaveTheirPlaceAndTheNearestKey() {
    #expect(reason(load("service_users: mesh")).contains("did you mean 'service_user'?"))
    #expect(reason(load("service_user: [a, b]")).contains(":1:15: service_user: found a list"))
    #expect(reason(load("service_user: ../x")).contains("expected a name"))
    #expect(reason(load("a: &x [*x]")).contains(":1:"))
  }
}
