// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshCrypto
import Testing

@testable import MeshctlCommands

@Suite struct QuestionCommandTests {
  static let transport = TransportInfo(
    name: "websocket", plugin: "websocket", state: "running", priority: 2, listeners: ["ws://0.0.0.0:8080/mesh"],
    links: 1, bytesSent: 2048, bytesReceived: 10)

  @Test func statusIsReadableAndEscapesWhatOthersWrote() {
    let prepare: @Sendable (ControlServer) -> Void = { server in
      server.answer(StatusMethod.self) { _ in
        NodeStatus(
          id: "mesh1abc", version: "0.1.0", uptime: 200_000_000_000, configuration: "/etc/mesh/mesh.yaml", peers: 2,
          sessions: 1, links: 1, memory: 10 << 20, messagesSent: 3, messagesReceived: 4, queued: 0,
          transports: [Self.transport], problems: ["disk \u{1B}[31mfull"])
      }
    }
    let people = meshctl("status", daemon: prepare)
    #expect(people.code == 0)
    for part in [
      "Node:           mesh1abc", "Version:        0.1.0, up 3 min 20 s", "2 known, 1 sessions, 1 links", "10 MiB",
      "websocket", "ws://0.0.0.0:8080/mesh", "Attention: disk ?[31mfull",
    ] {
      #expect(people.text.contains(part), "no \(part)")
    }
    let machine = meshctl("status", "--json", daemon: prepare)
    #expect(machine.lines.count == 1)
    #expect(machine.text.hasPrefix("{\"id\":\"mesh1abc\""))
    #expect(machine.text.contains("\"memory\":10485760"))
    #expect(machine.text.contains("disk \\u001b[31mfull"))
  }

  @Test func peersAreListedAddedAndRemoved() throws {
    let peer = PeerInfo(
      id: "mesh1abc", alias: "bob", state: "connected", transport: "websocket", roundTrip: 1_500_000,
      addresses: ["ws://bob:8080/mesh"], queued: 0, source: "added")
    let prepare: @Sendable (ControlServer) -> Void = { server in
      server.answer(PeersListMethod.self) { _ in PeerList(peers: [peer]) }
      server.answer(PeersAddMethod.self) { params in
        PeerInfo(id: params.invitation, alias: params.alias, state: "idle", queued: 0, source: "added")
      }
      server.answer(PeersRemoveMethod.self) { params throws(ControlError) in
        if params.peer != "bob" { throw ControlError(.notFound, "no peer '\(params.peer)'", hint: "See 'peers list'.") }
        return Nothing()
      }
    }
    for listing in [meshctl("peers", daemon: prepare), meshctl("peers", "list", daemon: prepare)] {
      #expect(
        listing.text == """
          PEER  STATE      TRANSPORT  ROUND TRIP  WAITING  ADDRESSES
          bob   connected  websocket      1.5 ms      0 B  ws://bob:8080/mesh

          """)
    }
    #expect(meshctl("peers", daemon: { $0.answer(PeersListMethod.self) { _ in PeerList() } }).text.contains("No peers"))
    let invitation = try Invitation(id: Identity.generate().id, addresses: ["ws://b:1/mesh"]).description
    let added = meshctl("peers", "add", "--alias", "bob", invitation, daemon: prepare)
    #expect(added.text == "Added bob, \(invitation)\n")
    let wrong = meshctl("peers", "add", invitation + "x", daemon: prepare)
    #expect(wrong.code == 1 && wrong.errors.contains("not an invitation"))
    #expect(meshctl("peers", "remove", "bob", daemon: prepare).text == "Removed\n")
    let missing = meshctl("peers", "remove", "eve", "--json", daemon: prepare)
    #expect(missing.code == 1)
    #expect(
      missing.errors
        == #"{"error":{"name":"MESH_E_NOTFOUND","message":"no peer 'eve'","hint":"See 'peers list'."}}"# + "\n")
  }

  @Test func whyIsATableWithItsReason() {
    let prepare: @Sendable (ControlServer) -> Void = { server in
      server.answer(WhyMethod.self) { params in
        WhyReport(
          peer: params.peer, alias: "bob", state: "connected", chosen: "websocket",
          reason: "unix was reset and has not come back",
          paths: [
            WhyPath(
              transport: "unix", priority: 1, state: "waiting", lastResult: "reset", retryAfter: 5_000_000_000,
              reason: "breaker open"),
            WhyPath(
              transport: "websocket", priority: 2, state: "chosen", roundTrip: 250_000, lastResult: "acknowledged",
              reason: "best that is up"),
          ],
          changes: [
            WhyChange(
              time: 1_795_233_739_250, from: "unix", to: "websocket", reason: "reset", gap: 12_000_000, requeued: 7)
          ])
      }
    }
    #expect(
      meshctl("why", "mesh1abc", daemon: prepare).text == """
        bob (mesh1abc) is connected over websocket: unix was reset and has not come back.

           TRANSPORT  PRIORITY  STATE    ROUND TRIP  LAST          REASON
           unix              1  waiting           -  reset         breaker open; next try in 5 s
        *  websocket         2  chosen       250 µs  acknowledged  best that is up

        Last changes, newest first:
          2026-11-21 04:02:19.250Z unix -> websocket: reset; gap 12 ms; 7 frames sent again

        """)
    #expect(meshctl("why", "x", "--json", daemon: prepare).text.contains("\"retry_after\":5000000000"))
  }

  @Test func whySaysEachThingOnce() {
    let waiting = meshctl("why", "mesh1abc") { server in
      server.answer(WhyMethod.self) { params in
        WhyReport(
          peer: params.peer, state: "unreachable", reason: "every path failed",
          paths: [
            WhyPath(
              transport: "htx", priority: 1, state: "waiting", lastResult: "refused: not let in",
              retryAfter: 7_000_000_000,
              reason: "tried again in 7 s; refused: not let in")
          ], changes: [])
      }
    }
    #expect(waiting.text.hasPrefix("mesh1abc is unreachable: every path failed.\n"))
    #expect(waiting.text.split(separator: "refused: not let in").count == 2)
    #expect(waiting.text.split(separator: "7 s").count == 2)
  }

  @Test func whatIsNoTerminalGetsEveryColumnWhole() {
    let reason = String(repeating: "the other end closed the connection without a word, ", count: 8) + "at last"
    let prepare: @Sendable (ControlServer) -> Void = { server in
      server.answer(WhyMethod.self) { params in
        WhyReport(
          peer: params.peer, state: "connected", chosen: "unix", reason: reason,
          paths: [WhyPath(transport: "unix", priority: 1, state: "chosen", lastResult: "came up", reason: reason)],
          changes: [WhyChange(time: 0, to: "unix", reason: reason, requeued: 0)])
      }
    }
    let output = meshctl("why", "bob", daemon: prepare)
    #expect(output.lines.count { $0.contains(reason) } == 3)
    #expect(!output.text.contains("…"))
  }

  @Test func pingCountsAnswersAndFailsWithoutAny() {
    let prepare: @Sendable (ControlServer) -> Void = { server in
      server.register(PingMethod.self) { call, params in
        for sequence in 1...params.count {
          _ = call.event(PingReply(sequence: sequence, roundTrip: sequence == 1 ? 1_500_000 : nil, transport: "unix"))
        }
        call.reply(
          PingSummary(sent: params.count, received: 1, minimum: 1_500_000, mean: 1_500_000, maximum: 1_500_000))
      }
    }
    #expect(
      meshctl("ping", "bob", "-n2", daemon: prepare).text == """
        1: 1.5 ms over unix
        2: no answer
        1 of 2 answered, fastest 1.5 ms, mean 1.5 ms, slowest 1.5 ms

        """)
    #expect(meshctl("ping", "bob", "-n3", "--json", daemon: prepare).lines.count == 4)
    let silent = meshctl("ping", "bob") {
      $0.answer(PingMethod.self) { PingSummary(sent: $0.count, received: 0) }
    }
    #expect(silent.code == 1 && silent.text == "0 of 4 answered\n" && silent.errors.contains("no answer came"))
  }

  @Test func pluginsAndTransportsAreListedAndSwitched() {
    let prepare: @Sendable (ControlServer) -> Void = { server in
      let plugin: @Sendable (String, String, String?) -> PluginInfo = {
        PluginInfo(id: $0, version: "1.0", abi: "1.0", path: "/p.so", state: $1, reason: $2, schemes: ["ws", "wss"])
      }
      server.answer(PluginsListMethod.self) { _ in
        PluginList(plugins: [plugin("websocket", "failed", "no certificate")])
      }
      server.answer(PluginsEnableMethod.self) { plugin($0.id, $0.enabled ? "running" : "disabled", nil) }
      server.answer(PluginsReplaceMethod.self) { plugin($0.id, "replaced by \($0.path)", nil) }
      server.answer(TransportListMethod.self) { _ in TransportList(transports: [Self.transport]) }
      server.answer(TransportDisableMethod.self) { params in
        var transport = Self.transport
        transport.state = "disabled"
        transport.name = params.name
        return transport
      }
      server.answer(LinksAbortMethod.self) {
        AbortedLink(peer: $0.peer ?? "bob", transport: $0.transport ?? "unix", link: 7)
      }
    }
    #expect(meshctl("plugins", daemon: prepare).text.contains("failed  ws wss   no certificate"))
    #expect(meshctl("plugins", "enable", "x", daemon: prepare).text.contains("running"))
    #expect(meshctl("plugins", "disable", "x", daemon: prepare).text.contains("disabled"))
    #expect(meshctl("plugins", "replace", "x", "/n.so", daemon: prepare).text.contains("replaced by /n.so"))
    #expect(meshctl("transport", "list", daemon: prepare).text.contains("running      1  2 KiB      10 B"))
    #expect(meshctl("transport", "disable", "w", daemon: prepare).text.contains("disabled"))
    #expect(meshctl("transport", "abort", "--peer", "eve", daemon: prepare).text == "Killed link 7 of unix to eve\n")
    #expect(meshctl("transport", "abort", "--json", daemon: prepare).text.contains("\"link\":7"))
  }

  @Test func configurationIsShownCheckedAndReloaded() {
    let prepare: @Sendable (ControlServer) -> Void = { server in
      server.answer(ConfigShowMethod.self) { _ in ConfigurationText(yaml: "node: {}") }
      server.answer(ConfigCheckMethod.self) { source in
        ConfigurationReport(problems: [
          ConfigurationProblem(
            file: source.name ?? "mesh.yaml", line: 3, column: 5, message: "unknown key 'lisen'", suggestion: "listen")
        ])
      }
      server.answer(ReloadMethod.self) { _ in ReloadReport(changes: ["peer bob added"], needRestart: ["node.identity"])
      }
    }
    #expect(meshctl("config", "show", daemon: prepare).text == "node: {}\n")
    let check = meshctl("config", "check", daemon: prepare)
    #expect(check.code == 1)
    #expect(check.text == "mesh.yaml:3:5: unknown key 'lisen'; did you mean 'listen'?\n")
    #expect(meshctl("config", "check", "/nonexistent").errors.contains("cannot be opened"))
    #expect(meshctl("reload", daemon: prepare).text == "peer bob added\nnode.identity waits for a restart\n")
    #expect(
      meshctl("reload", daemon: { $0.answer(ReloadMethod.self) { _ in ReloadReport() } }).text
        == "Nothing has changed.\n")
  }

  @Test func theServiceIsSteered() {
    let prepare: @Sendable (ControlServer) -> Void = { server in
      server.answer(MetricsMethod.self) { _ in MetricsText(text: "mesh_links 1\n") }
      server.answer(LogLevelMethod.self) { $0 }
      server.answer(ShutdownMethod.self) { params throws(ControlError) in
        if params.drain != 2_000_000_000 { throw ControlError(.invalid, "wrong drain") }
        return Nothing()
      }
    }
    #expect(meshctl("metrics", daemon: prepare).text == "mesh_links 1\n")
    #expect(meshctl("log-level", "debug", daemon: prepare).text == "Logging everything at debug\n")
    #expect(meshctl("log-level", "loud", daemon: prepare).code == 2)
    #expect(meshctl("shutdown", "--drain", "2s", daemon: prepare).code == 0)
  }
}
