// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshControl
import MeshCrypto
import MeshWire
import Testing

@testable import MeshctlCommands

@Suite struct TransferCommandTests {
  @Test func sendReportsOnlyWhatWasConfirmed() {
    let prepare: @Sendable (ControlServer) -> Void = { server in
      server.register(SendMethod.self) { call, message in
        _ = call.event(MessageState(state: "queued"))
        _ = call.event(MessageState(state: "sent", transport: "unix"))
        let isGood = message.payload == Array("hello".utf8) && message.peer == "bob"
        call.reply(MessageOutcome(state: isGood ? "delivered" : "expired", duration: 2_000_000, reason: "no path"))
      }
    }
    let sent = meshctl("send", "bob", "hello", daemon: prepare)
    #expect(sent.code == 0 && sent.text == "delivered after 2 ms\n" && sent.errors == "queued\nsent over unix\n")
    #expect(meshctl("send", "bob", input: Array("hello".utf8), daemon: prepare).code == 0)
    let machine = meshctl("send", "bob", "hello", "--json", daemon: prepare)
    #expect(machine.lines.count == 3 && machine.lines[0] == "{\"state\":\"queued\"}")
    let expired = meshctl("send", "bob", "other", daemon: prepare)
    #expect(expired.code == 1 && expired.errors.contains("not delivered: no path"))
    #expect(meshctl("send", "bob", input: nil, daemon: prepare).errors.contains("meshctl cp"))
  }

  @Test func aMessageThatNobodyTakesSaysWhoCould() {
    let refused = meshctl("send", "bob", "hello", "--protocol", "/a/1") { server in
      server.register(SendMethod.self) { call, _ in
        call.reply(MessageOutcome(state: "refused", duration: 1, reason: "no such protocol"))
      }
    }
    #expect(refused.code == 1 && refused.errors.contains("meshctl listen /a/1"))
  }

  @Test func listenReleasesWhatItHasPrinted() {
    let prepare: @Sendable (ControlServer) -> Void = { server in
      var subscription: ControlCall?
      var next: UInt64 = 1
      func offer() {
        let text = next == 1 ? Array("hi\u{7}".utf8) : [0xFF, 0xFE]
        _ = subscription?.event(IncomingMessage(message: next, peer: "bob", protocolName: "/x/1", payload: text))
      }
      server.register(ListenMethod.self) { call, _ in
        subscription = call
        offer()
      }
      server.answer(ReleaseMethod.self) { release throws(ControlError) in
        guard release.subscription == subscription?.id, release.message == next else {
          throw ControlError(.stale, "no such message")
        }
        next += 1
        offer()
        return Nothing()
      }
    }
    #expect(meshctl("listen", "/x/1", "-n", "2", daemon: prepare).text == "bob: hi?\nbob: 2 bytes\n")
    let machine = meshctl("listen", "/x/1", "-n", "2", "--json", daemon: prepare)
    #expect(machine.lines.count == 2 && machine.text.contains("\"payload\":\"//4=\""))
    #expect(meshctl("listen", "--raw", "-n1", daemon: prepare).text == "hi\u{7}")
  }

  @Test(arguments: [0, 100_000]) func aCopyStreamsWithCreditFromWhereTheReceiverStands(_ resumed: Int) throws {
    let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let path = "/tmp/mesh-copy-\(getpid())-\(resumed)"
    defer { unlink(path) }
    let file = try #require(fopen(path, "w"))
    fwrite(content, 1, content.count, file)
    fclose(file)
    let prepare: @Sendable (ControlServer) -> Void = { server in
      server.register(CopySendMethod.self) { call, offer in
        var received = Array(content[..<resumed])
        call.onData = { bytes in
          received += bytes
          _ = call.event(CopyProgress(state: "sending", offset: UInt64(received.count)))
          call.grant(UInt64(bytes.count))
        }
        call.onEnd = {
          let digest = SHA256.hash(received)
          guard digest == offer.digest, received.count == offer.size else {
            return call.fail(ControlError(.protocol, "the content differs"))
          }
          let name = offer.fileName
          call.reply(
            CopyOutcome(
              fileName: name, size: offer.size, digest: digest, duration: 1_000_000_000, resumedAt: UInt64(resumed),
              moves: 1))
        }
        _ = call.event(CopyProgress(state: "ready", offset: UInt64(resumed)))
        _ = call.event(CopyProgress(state: "moved", offset: 0, transport: "websocket", note: "unix was reset"))
        call.grant(70_000)
      }
    }
    let people = meshctl("cp", path, "bob:there", daemon: prepare)
    #expect(people.code == 0, "\(people.errors)")
    #expect(
      people.text.hasPrefix("there: 293 KiB in 1 s\(resumed == 0 ? "" : ", resumed at 97.7 KiB"), moved 1 time\n"))
    #expect(people.errors.contains("moved to websocket: unix was reset"))
    let machine = meshctl("cp", path, "bob:", "--json", daemon: prepare)
    #expect(machine.code == 0)
    #expect(machine.lines.first == "{\"state\":\"ready\",\"offset\":\(resumed)}")
    #expect(machine.errors.isEmpty)
    #expect(meshctl("cp", path, "bob:", "-q", daemon: prepare).text.isEmpty)
  }

  @Test func whatCannotBeCopiedIsExplained() {
    #expect(meshctl("cp", "/nonexistent", "bob:").errors.contains("cannot be opened"))
    #expect(meshctl("cp", "/tmp", "bob:").errors.contains("not a regular file"))
    #expect(meshctl("cp", "/proc/self/comm", "bob").errors.contains("names no peer"))
    let refused = meshctl("cp", "/proc/self/comm", "bob:") {
      $0.register(CopySendMethod.self) { call, _ in
        call.fail(ControlError(.exists, "'comm' exists at bob", hint: "Use --force to replace it."))
      }
    }
    #expect(refused.code == 1 && refused.errors == "meshctl: 'comm' exists at bob\nUse --force to replace it.\n")
  }

  @Test func aDaemonThatGoesAwayIsReported() {
    let gone = meshctl(
      "status",
      daemon: { server in
        server.register("status", access: .client) { call in call.reply(.null) }
      })
    #expect(gone.code == 1)
    #expect(meshctl("status").errors.contains("no method 'status'"))
  }
}
