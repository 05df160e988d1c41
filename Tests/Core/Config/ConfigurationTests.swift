import Glibc
import Testing

@testable import MeshConfig

@Suite struct ConfigurationTests {
  private let user = Environment(variables: ["HOME": "/u"], userID: 1000)

  @Test func aListOfTransportsIsAWholeConfiguration() throws {
    let configuration = try Configuration.parse(
      text: "transport_priority: [websocket, unix]", environment: user)
    #expect(configuration.transports.map(\.name) == ["websocket", "unix"])
    #expect(configuration.transports.map(\.plugin) == ["websocket", "unix"])
    #expect(configuration.transports.map(\.priority) == [1, 2])
    #expect(configuration.node.state == "/u/.local/state/mesh")
    #expect(configuration.node.identity == "/u/.local/state/mesh/identity.key")
    #expect(configuration.node.access == .known)
    #expect(configuration.plugins.trust == .packaged)
    #expect(configuration.session.rekeyPackets == 1 << 32)
    #expect(configuration.session.rekeyBytes == 64 << 30)
    #expect(configuration.policies.map(\.weight) == [32, 16, 8, 4, 1])
    #expect(configuration.policy(.realtime).drop == .oldest)
    #expect(configuration.policy(.bulk).drop == .refuse)
    #expect(configuration.metrics.listen == nil)
    #expect(configuration.warnings.isEmpty)
  }

  @Test func stateAndSocketsFollowTheUser() throws {
    let text = "transport_priority: [unix]"
    let root = try Configuration.parse(text: text, environment: Environment(variables: ["HOME": "/root"], userID: 0))
    #expect(root.node.state == "/var/lib/mesh")
    #expect(root.control.socket == "/run/mesh/client.sock")
    let folders = ["HOME": "/u", "XDG_STATE_HOME": "/s/", "XDG_RUNTIME_DIR": "/run/user/7"]
    let other = try Configuration.parse(text: text, environment: Environment(variables: folders, userID: 7))
    #expect(other.node.state == "/s/mesh")
    #expect(other.control.adminSocket == "/run/user/7/mesh/admin.sock")
    let relative = Environment(variables: ["XDG_STATE_HOME": "x"], userID: 7)
    #expect(try Configuration.parse(text: text, environment: relative).node.state == "/var/tmp/mesh-7")
  }

  @Test func everySectionIsRead() throws {
    let text = """
      node: { identity: identity.key, name: home, max_peers: 100, state: ~/state, access: open, idle_timeout: 5m }
      plugins: { directories: [plugins, /usr/lib/mesh/plugins], trust: any }
      transports:
        dtn: { priority: 9, store: /var/lib/mesh/bundles }
        htx: { priority: 1, listen: ["htx://0.0.0.0:4433"], advertise: "htx://h:4433", binding: required }
        second: { plugin: htx, enabled: no }
      policy:
        bulk: { forbid: [dtn], weight: 2, queue: 1MiB, drop: expired }
        realtime: { only: [htx] }
      peers:
        - { id: \(alice), name: alice, addresses: ["htx://192.0.2.7:4433"] }
        - { id: \(bob), allow: [/mesh/file/1] }
      protocols:
        /mesh/file/1: { allow: [alice, \(bob)], folder: files, max_size: 2GB }
      control: { socket: /run/a, admin_socket: /run/b, group: users }
      log: { level: debug, format: json }
      metrics: { listen: "[::1]:9464" }
      session: { rekey_packets: 4096, keepalive: 0, ack_delay: 10ms }
      """
    let configuration = try Configuration.parse(text: text, name: "/etc/mesh/mesh.yaml", environment: user)
    #expect(configuration.node.busyPoll == .auto)
    let still = try Configuration.parse(
      text: text.replacing("idle_timeout: 5m", with: "busy_poll: off"), name: "/etc/mesh/mesh.yaml", environment: user)
    #expect(still.node.busyPoll == .off)
    #expect(configuration.warnings.isEmpty)
    #expect(configuration.node.identity == "/etc/mesh/identity.key")
    #expect(configuration.node.state == "/u/state")
    #expect(configuration.node.idleTimeout == 300_000_000_000)
    #expect(configuration.plugins.directories == ["/etc/mesh/plugins", "/usr/lib/mesh/plugins"])
    #expect(configuration.transports.map(\.name) == ["htx", "dtn", "second"])
    #expect(configuration.transports[0].advertise == ["htx://h:4433"])
    #expect(configuration.transports[0].binding == .required)
    #expect(configuration.transports[1].pluginKeys.map(\.key) == ["store"])
    #expect(configuration.transports[2].plugin == "htx" && !configuration.transports[2].isEnabled)
    #expect(configuration.policy(.bulk).queue == 1 << 20 && configuration.policy(.bulk).drop == .expired)
    #expect(!configuration.policy(.bulk).permits("dtn") && configuration.policy(.bulk).permits("htx"))
    #expect(!configuration.policy(.realtime).permits("dtn"))
    #expect(configuration.peers[0].allow == nil && configuration.peers[1].allow == ["/mesh/file/1"])
    let file = configuration.protocols[0]
    #expect(file.folder == "/etc/mesh/files" && file.maxSize == 2_000_000_000)
    #expect(file.permits(id: alice, name: "alice") && file.permits(id: bob, name: nil))
    #expect(!file.permits(id: "mesh1other", name: nil))
    #expect(configuration.control.group == "users")
    #expect(configuration.metrics.listen == "[::1]:9464")
    #expect(configuration.session.keepalive == 0 && configuration.session.ackDelay == 10_000_000)
  }

  @Test func listedTransportsComeBeforeOthers() throws {
    let text = "transports: { a: {}, b: { x: 1 }, c: {} }\ntransport_priority: [new, b]\n"
    let transports = try Configuration.parse(text: text).transports
    #expect(transports.map(\.name) == ["new", "b", "a", "c"])
    #expect(transports.map(\.priority) == [1, 2, 3, 3])
    #expect(transports[1].pluginKeys.count == 1)
  }

  @Test func namesThatNothingHasAreWarnings() throws {
    let text = """
      transport_priority: [websocket]
      policy: { bulk: { forbid: [websockt] }, normal: { only: [ble] } }
      peers: [{ id: \(alice), name: alice }]
      protocols: { /mesh/file/1: { allow: [alicee, "*"] } }
      """
    let configuration = try Configuration.parse(text: text, name: "f")
    #expect(
      configuration.warnings.map(\.description) == [
        "f:2:58: policy.normal.only: no transport is named 'ble'",
        "f:2:49: policy.normal: no transport is left for this class: its messages will only wait",
        "f:2:28: policy.bulk.forbid: no transport is named 'websockt'; did you mean 'websocket'?",
        "f:4:38: protocols./mesh/file/1.allow: no peer of this file is named 'alicee', only one that is added by hand; did you mean 'alice'?",
        "f:4:14: protocols./mesh/file/1: no 'folder' is given, so no files are taken",
      ])
  }

  @Test func theEffectiveConfigurationReadsBackAsItself() throws {
    let text = """
      node: { name: home, state: "/a b/\\u00e9\\"", access: open }
      transports: { b: { priority: 2 }, a: { priority: 1, listen: ["ws://h:1/?x=#y"] } }
      policy: { bulk: { forbid: [b] } }
      peers: [{ id: \(alice), name: alice, allow: [] }]
      protocols: { /mesh/file/1: { allow: ["*", "a\\tb"], max_size: 12345 } }
      log: { level: debug }
      """
    let configuration = try Configuration.parse(text: text, name: "/etc/m.yaml", environment: user)
    let again = try Configuration.parse(text: configuration.yaml(), name: "/etc/m.yaml", environment: user)
    #expect(ConfigurationChange.between(configuration, again).items == [])
    #expect(again.yaml() == configuration.yaml())
    #expect(again.node.state == "/a b/é\"")
  }

  @Test func wrongChecksumsOfPeersHaveAPlace() throws {
    let text = "transport_priority: [a]\npeers: [{ id: \(alice) }, { id: \(bob) }]\n"
    let configuration = try Configuration.parse(text: text, name: "f")
    try configuration.checkNodeNames { _ in true }
    do throws(ConfigurationError) {
      try configuration.checkNodeNames { $0 == alice }
      Issue.record("accepted")
    } catch {
      #expect(error.description.hasPrefix("f:2:88: peers[2].id: the checksum of 'mesh1ppp"))
    }
  }

  @Test func anyNameOfATransportReadsBack() throws {
    for name in ["-", "...", "---", "null", "1.0", "-x", "."] {
      let configuration = try Configuration.parse(text: "transport_priority: ['\(name)']")
      #expect(try Configuration.parse(text: configuration.yaml()).transports.map(\.name) == [name])
    }
  }

  @Test func aFileIsReadFromItsFolder() throws {
    var template = Array("/tmp/mesh-XXXXXX".utf8CString)
    let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { rmdir(folder) }
    let path = folder + "/mesh.yaml"
    let file = try #require(fopen(path, "w"))
    fputs("transport_priority: [unix]\nnode: { state: here }\n", file)
    fclose(file)
    defer { unlink(path) }
    #expect(try Configuration.load(path: path, environment: user).node.state == folder + "/here")
    truncate(path, 2 << 20)
    #expect(throws: ConfigurationError.self) { try Configuration.load(path: path, environment: user) }
  }

  @Test func aFileThatCannotBeReadIsRefusedWithTheWayToMendIt() {
    func refusal(_ path: String) -> String? {
      do throws(ConfigurationError) {
        _ = try Configuration.load(path: path, environment: user)
        return nil
      } catch {
        return error.description
      }
    }
    #expect(
      refusal("/nowhere/mesh.yaml")
        == "/nowhere/mesh.yaml: no such file; create it with one line such as 'transport_priority: [websocket]', "
        + "or name another file")
    #expect(refusal("/") == "/: not a regular file; expected the path of a YAML file")
    #expect(refusal("/dev/zero")?.contains("not a regular file") == true)
  }
}
