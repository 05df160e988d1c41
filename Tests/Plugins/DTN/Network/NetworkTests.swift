// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import Glibc
import Testing
import TransportDriver

@testable import BundleNetwork

/// Connections over real sockets of this machine, and a host that is none.
@Suite(.serialized) struct NetworkTests {
  private func settings(_ neighbours: [String] = [], strangers: NetworkSettings.Strangers = .receive) -> NetworkSettings
  {
    var settings = NetworkSettings()
    settings.known = neighbours.compactMap { NetworkSettings.Known($0) }
    settings.strangers = strangers
    settings.tls = .never
    return settings
  }

  /// A listener of `b`, and its address.
  private func listener(_ layer: String, _ settings: NetworkSettings) throws -> (host: FakeHost, address: String) {
    let host = try FakeHost("dtn://b/", settings)
    let address = try host.network.listen(1, try #require(NetworkAddress("\(layer)://127.0.0.1:0")), descriptor: -1)
    return (host, address)
  }

  private func end(_ hosts: [FakeHost]) {
    for host in hosts {
      _ = host.network.unlisten(1)
      host.network.abort()
      #expect(host.watched == 0, "no descriptor is left")
    }
  }

  @Test(arguments: ["tcpcl", "mtcp", "stcp"]) func bundlesGoOver(_ layer: String) throws {
    let (b, address) = try listener(layer, settings(["dtn://a/"]))
    let a = try FakeHost("dtn://a/", settings(["dtn://b/ \(address)"]))
    #expect(FakeHost.run([a, b]) { a.came.count == 1 })
    let key = try #require(a.came.keys.first)
    #expect(a.came[key]?.node == .dtn("//b/"))
    #expect(a.came[key]?.isNeighbour == true)
    let large = [UInt8](repeating: 7, count: 300_000)
    for (number, bundle) in [[1, 2, 3], large, [4]].enumerated() {
      #expect(FakeHost.run([a, b]) { a.network.send(bundle, number: UInt64(number + 1), over: key) })
    }
    #expect(FakeHost.run([a, b]) { b.arrivals.count == 3 && a.answers.count == 3 })
    #expect(b.arrivals.map(\.bundle) == [[1, 2, 3], large, [4]])
    #expect(a.answers.values.allSatisfy { $0 == nil })
    end([a, b])
  }

  @Test func aRefusalIsTold() throws {
    let (b, address) = try listener("tcpcl", settings(["dtn://a/"]))
    let a = try FakeHost("dtn://a/", settings(["dtn://b/ \(address)"]))
    b.verdict = .refused(.noResources)
    #expect(FakeHost.run([a, b]) { a.came.count == 1 })
    let key = try #require(a.came.keys.first)
    #expect(a.network.send([1], number: 9, over: key))
    #expect(FakeHost.run([a, b]) { a.answers.count == 1 })
    let answer: RefusalReason? = a.answers[9] ?? nil
    #expect(answer == .noResources)
    end([a, b])
  }

  @Test func strangersAreRefusedOrHeard() throws {
    for strangers in [.refuse, .receive, .exchange] as [NetworkSettings.Strangers] {
      let (b, address) = try listener("tcpcl", settings(strangers: strangers))
      let a = try FakeHost("dtn://a/", settings(["dtn://b/ \(address)"]))
      if strangers == .refuse {
        #expect(FakeHost.run([a, b]) { b.lines.contains { $0.contains("is not known here") } })
        #expect(b.came.isEmpty)
      } else {
        #expect(FakeHost.run([a, b]) { b.came.count == 1 })
        #expect(b.came.values.first?.isNeighbour == (strangers == .exchange))
        #expect(b.came.values.first?.isTrusted == false)
      }
      end([a, b])
    }
  }

  @Test func anotherNodeThanTheOneWantedIsTurnedAway() throws {
    let (b, address) = try listener("tcpcl", settings(["dtn://a/"]))
    let a = try FakeHost("dtn://a/", settings(["dtn://c/ \(address)"]))
    #expect(FakeHost.run([a, b]) { a.lines.contains { $0.contains("it is dtn://b/, not dtn://c/") } })
    #expect(a.came.isEmpty)
    end([a, b])
  }

  @Test func neighboursThatAreNoneAnyMoreAreLetGoAndNewOnesDialled() throws {
    let (b, address) = try listener("tcpcl", settings(["dtn://a/"]))
    let (c, other) = try listener("tcpcl", settings(["dtn://a/"]))
    let a = try FakeHost("dtn://a/", settings(["dtn://b/ \(address)"], strangers: .refuse))
    #expect(FakeHost.run([a, b]) { a.came.count == 1 && b.came.count == 1 })
    let first = try #require(a.came.keys.first)
    let both = ["dtn://x/", "dtn://b/ \(address)", "dtn://b/ \(other)"].compactMap { NetworkSettings.Known($0) }
    a.network.change(known: both, strangers: .refuse)
    #expect(a.went.isEmpty, "a neighbour that stays one keeps its connection")
    #expect(a.network.send([5], number: 1, over: first))
    #expect(FakeHost.run([a, b]) { a.answers.count == 1 })
    a.network.change(known: [both[0], both[2]], strangers: .refuse)
    #expect(a.went == [first])
    #expect(FakeHost.run([a, b, c]) { c.came.count == 1 && b.came.isEmpty })
    a.network.change(known: [], strangers: .refuse)
    #expect(FakeHost.run([a, b, c]) { c.came.isEmpty })
    #expect(a.network.isEmpty)
    end([a, b, c])
  }

  /// A reload that is about something else leaves those alone that nobody names.
  @Test func strangersStayAsLongAsTheRulesForThemDo() throws {
    let (b, address) = try listener("tcpcl", settings(["dtn://x/"], strangers: .receive))
    let a = try FakeHost("dtn://a/", settings(["dtn://b/ \(address)"]))
    #expect(FakeHost.run([a, b]) { a.came.count == 1 && b.came.count == 1 })
    b.network.change(known: ["dtn://x/", "dtn://y/"].compactMap { NetworkSettings.Known($0) }, strangers: .receive)
    #expect(b.went.isEmpty)
    b.network.change(known: [], strangers: .exchange)
    #expect(b.went.count == 1, "with other rights it comes anew")
    end([a, b])
  }

  @Test func anAddressWhereNobodyIsIsTriedAgainLater() throws {
    let (b, address) = try listener("tcpcl", settings(["dtn://a/"]))
    _ = b.network.unlisten(1)
    let a = try FakeHost("dtn://a/", settings(["dtn://b/ \(address)"]))
    #expect(FakeHost.run([a]) { a.lines.count == 1 })
    #expect(a.lines[0].contains("refused"))
    #expect(a.network.isEmpty)
    _ = try b.network.listen(1, try #require(NetworkAddress(address)), descriptor: -1)
    a.added += 3_000_000_000
    #expect(FakeHost.run([a, b]) { a.came.count == 1 })
    end([a, b])
  }

  @Test func aHostThatWatchesNothingMoreEndsTheConnectionAndNotTheNode() throws {
    let (b, address) = try listener("tcpcl", settings(["dtn://a/"]))
    let a = try FakeHost("dtn://a/", settings(["dtn://b/ \(address)"]))
    a.watchFails = true
    #expect(FakeHost.run([a, b]) { a.lines.contains { $0.contains("cannot watch") } })
    #expect(a.network.isEmpty)
    a.watchFails = false
    a.added += 3_000_000_000
    #expect(FakeHost.run([a, b]) { a.came.count == 1 })
    end([a, b])
  }
}
