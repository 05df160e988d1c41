// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCommandLine
import MeshControl
import MeshCrypto
import MeshWire
import Testing

@testable import MeshctlCommands

@Suite struct LocalCommandTests {
  @Test func aKeyIsMadeOnceAndReadBack() throws {
    let path = "/tmp/mesh-key-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    defer { unlink(path) }
    let made = meshctl("keygen", path)
    #expect(made.code == 0, "\(made.errors)")
    let name = String(made.text.dropLast())
    #expect(NodeID(name: name) != nil)
    #expect(meshctl("keygen", path).code == 1)
    #expect(meshctl("id", "--identity", path).text == made.text)
    let invited = meshctl("id", "--identity", path, "--invite", "--address", "ws://192.0.2.1:8080/mesh")
    #expect(try Invitation.parse(String(invited.text.dropLast())).id.name == name)
    #expect(meshctl("id", "--identity", path, "--json").text == "{\"id\":\"\(name)\"}\n")
    #expect(meshctl("keygen", path, "--force", "--json").text.hasSuffix("\"file\":\"\(path)\"}\n"))
    #expect(meshctl("id", "--identity", path).text != made.text)
    #expect(meshctl("id", "--identity", "/nonexistent").code == 1)
  }

  @Test func everyWayOfNamingACodeThatTheHelpShowsIsUnderstood() {
    let byName = meshctl("explain", "MESH_E_TIMEOUT")
    #expect(byName.code == 0)
    #expect(meshctl("explain", "timeout").text == byName.text)
    #expect(meshctl("explain", "-10").text == byName.text)
    #expect(meshctl("explain", "-1000").code == 2)
  }

  @Test func whatHasFewValuesListsThemInItsHelp() {
    #expect(meshctl("log-level", "--help").text.contains("error, warning, info, debug"))
    #expect(meshctl("completion", "--help").text.contains("bash, zsh, fish"))
  }

  @Test func completionAndManualKnowThemselves() {
    let script = meshctl("completion", "bash").text
    #expect(script.contains("\"meshctl completion\"") && script.contains("\"meshctl manual\""))
    #expect(meshctl("manual").text.contains("completion"))
  }

  @Test func theDaemonIsAskedForNameAndInvitation() {
    let prepare: @Sendable (ControlServer) -> Void = { server in
      server.answer(IDMethod.self) { _ in NodeIdentity(id: "mesh1abc") }
      server.answer(InviteMethod.self) { InvitationLine(invitation: "mesh1abc@\($0.addresses.joined(separator: ","))") }
    }
    #expect(meshctl("id", daemon: prepare).text == "mesh1abc\n")
    let bare = meshctl("id", "--invite") { server in
      server.answer(IDMethod.self) { _ in NodeIdentity(id: "mesh1abc") }
      server.answer(InviteMethod.self) { _ in InvitationLine(invitation: "mesh1abc#00000000") }
    }
    #expect(bare.text == "mesh1abc#00000000\n" && bare.errors.contains("'advertise'"))
    #expect(meshctl("id", "--invite", "--address", "ws://b", daemon: prepare).text == "mesh1abc@ws://b\n")
    #expect(
      meshctl("id", "--invite", "--json", daemon: prepare).text == #"{"id":"mesh1abc","invitation":"mesh1abc@"}"# + "\n"
    )
  }

  @Test func everyCodeIsExplained() {
    let text = meshctl("explain", "MESH_E_TIMEOUT", width: 60)
    #expect(text.text.hasPrefix("MESH_E_TIMEOUT (-10)\n\nNo answer came"))
    #expect(text.lines.allSatisfy { $0.count <= 60 })
    for code in ErrorCode.allCases { #expect(meshctl("explain", code.name).text.contains("What to do: ")) }
    #expect(meshctl("explain", "--json", "again").text.contains("\"retryable\":true"))
    #expect(meshctl("explain").lines.count == 30)
    let wrong = meshctl("explain", "timeuot")
    #expect(wrong.code == 2 && wrong.errors.contains("Did you mean 'TIMEOUT'?"))
  }

  @Test func completionAndManualKnowEveryCommand() {
    for shell in ["bash", "zsh", "fish"] {
      let script = meshctl("completion", shell).text
      for word in ["keygen", "invite", "transport", "abort", "interactive"] {
        #expect(script.contains(word), "\(shell) does not know \(word)")
      }
    }
    #expect(meshctl("completion", "csh").code == 2)
    let page = meshctl("manual").text
    for word in [".TH MESHCTL 1", "peers add INVITATION", "MESH_SOCKET"] { #expect(page.contains(word)) }
  }

  @Test func everyCommandHasHelp() {
    func check(_ command: [String]) {
      let outcome = meshctl(command.first ?? "", command.count > 1 ? command[1] : "--help", "--help")
      #expect(outcome.code == 0 && outcome.text.hasPrefix("Usage: meshctl \(command.joined(separator: " "))"))
    }
    for command in MeshctlProgram.root(.system()).subcommands {
      check([command.name])
      for below in command.subcommands { check([command.name, below.name]) }
    }
  }

  @Test func theSocketIsFoundInTheUsualPlaces() {
    func places(
      _ given: String? = nil, _ needed: ControlAccess = .client, _ variables: [String: String] = [:],
      owner: UInt32? = 1000, exists: (String) -> Bool = { _ in true }
    ) -> [String] {
      SocketPath.places(
        given, needed, environment: { variables[$0] }, user: 1000, owner: { _ in owner }, exists: exists)
    }
    #expect(places("/x", .admin) == ["/x"])
    #expect(places(nil, .admin, ["MESH_SOCKET": "/y"]) == ["/y"])
    #expect(places(exists: { _ in false }) == ["/run/mesh/client.sock"])
    #expect(places(exists: { $0 == "/run/mesh/admin.sock" }) == ["/run/mesh/admin.sock"])
    #expect(
      places(nil, .admin, ["XDG_RUNTIME_DIR": "/run/user/1"]) == [
        "/run/user/1/mesh/admin.sock", "/run/mesh/admin.sock",
      ]
    )
    #expect(places(nil, .client, ["HOME": "/somewhere"]).first == "/somewhere/.local/state/mesh/client.sock")
    #expect(places(nil, .admin, ["XDG_RUNTIME_DIR": "/run/user/1"], owner: 7) == ["/run/mesh/admin.sock"])
    #expect(places(nil, .admin, owner: nil) == ["/run/mesh/admin.sock"])
  }

  @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
  func base64IsThatOfRFC4648(_ plain: String, _ coded: String) { #expect(Base64.encode(Array(plain.utf8)) == coded) }

  @Test func timesOfDayAreRight() {
    #expect(UTCTime.text(milliseconds: 0) == "1970-01-01 00:00:00.000Z")
    #expect(UTCTime.text(milliseconds: 951_782_400_001) == "2000-02-29 00:00:00.001Z")
    #expect(UTCTime.text(milliseconds: .max).hasPrefix("9999-12-31 23:59:59"))
  }
}
