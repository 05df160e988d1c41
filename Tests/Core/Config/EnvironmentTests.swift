// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import MeshConfig

@Suite struct EnvironmentTests {
  private let text = "transport_priority: [unix]\nlog: { level: error }\n"

  private func environment(_ variables: [String: String]) -> Environment {
    Environment(variables: variables.merging(["HOME": "/u"]) { first, _ in first })
  }

  @Test func variablesOverrideTheFile() throws {
    let configuration = try Configuration.parse(
      text: text,
      environment: environment([
        "MESH_LOG_LEVEL": "debug", "MESH_NODE_STATE": "/tmp/state", "MESH_SESSION_KEEPALIVE": "3s",
        "MESH_CONFIG": "/etc/x",
      ]))
    #expect(configuration.log.level == .debug)
    #expect(configuration.node.state == "/tmp/state")
    #expect(configuration.node.identity == "/tmp/state/identity.key")
    #expect(configuration.session.keepalive == 3_000_000_000)
    #expect(configuration.warnings.isEmpty)
  }

  @Test func aWrongOverrideNamesItsVariable() {
    #expect(
      problems(text, environment: environment(["MESH_LOG_LEVEL": "loud"])) == [
        "environment: MESH_LOG_LEVEL: found 'loud'; expected error, warning, info or debug"
      ])
  }

  @Test func anUnknownVariableIsAWarning() throws {
    let variables = ["MESH_LOG_LEVLE": "debug", "MESH_PLUGINS_DIRECTORIES": "/x", "MESHX": "1"]
    let warnings = try Configuration.parse(text: text, environment: environment(variables)).warnings
    #expect(
      warnings.map(\.description) == [
        "environment: MESH_LOG_LEVLE: unknown variable, ignored; did you mean 'MESH_LOG_LEVEL'?",
        "environment: MESH_PLUGINS_DIRECTORIES: unknown variable, ignored",
      ])
  }

  @Test func everyVariableIsListedOnce() {
    let variables = Configuration.Schema.variables
    #expect(Set(variables).count == variables.count)
    #expect(variables.contains("MESH_METRICS_LISTEN"))
    #expect(!variables.contains("MESH_PLUGINS_DIRECTORIES"))
  }

  @Test func theProcessHasAnEnvironment() {
    #expect(Environment.process().variables["PATH"] != nil)
  }

  @Test func `Folders of others are not looked at for a daemon`() {
    let poor = Environment(userID: 1000)
    #expect(poor.clientFolders { _ in 1000 } == ["/var/tmp/mesh-1000", "/run/mesh"])
    #expect(poor.clientFolders { _ in 1001 } == ["/run/mesh"])
    #expect(poor.clientFolders { _ in nil } == ["/run/mesh"])
    let root = Environment(variables: ["XDG_RUNTIME_DIR": "/run/user/1000"], userID: 0)
    #expect(root.clientFolders { _ in 1000 } == ["/run/mesh"])
    #expect(root.clientFolders { _ in 0 } == ["/run/user/1000/mesh", "/run/mesh"])
    #expect(Environment(variables: ["XDG_RUNTIME_DIR": "/run"]).clientFolders { _ in nil } == ["/run/mesh"])
  }

  @Test func `The owner of a link is who made it`() throws {
    var template = Array("/tmp/mesh-config-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    let link = "\(folder)/link"
    defer {
      unlink(link)
      rmdir(folder)
    }
    #expect(Environment.owner(of: folder) == geteuid())
    #expect(Environment.owner(of: link) == nil)
    #expect(symlink("/nowhere", link) == 0)
    #expect(Environment.owner(of: link) == geteuid())
  }
}
