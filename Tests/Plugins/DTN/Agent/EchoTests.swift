// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleProtocol
import CMeshABI
import Testing

@Suite struct EchoTests {
  private let connection: [UInt8] = [1]
  private let time: UInt64 = 800_000_000_000

  private func node(_ otherName: String? = "ipn:3.0", service: String = "7") throws -> AgentNode {
    var settings = AgentSettings()
    settings.routing = .direct
    settings.echo = service
    settings.otherName = try otherName.map { try EndpointID($0) }
    let node = try AgentNode(1, settings: settings)
    node.agent.came(connection, node: try EndpointID("ipn:1.0"), isNeighbour: true, isTrusted: true)
    return node
  }

  private func request(
    from source: String = "ipn:1.2", to destination: String = "ipn:3.7", flags: BundleFlags = [],
    lifetime: UInt64 = 5000
  ) throws -> Bundle {
    var primary = PrimaryBlock(
      destination: try EndpointID(destination), source: try EndpointID(source),
      timestamp: CreationTimestamp(time: time - 1000, sequence: 4), lifetime: lifetime)
    primary.flags.formUnion(flags)
    return Bundle(primary: primary, payload: [1, 2, 3])
  }

  /// What comes back over the connection.
  private func answers(_ node: AgentNode, to request: Bundle) throws -> [Bundle] {
    node.agent.arrived(request.encoded, number: 1, over: connection)
    for _ in 0..<6 { _ = node.agent.turn() }
    return try node.transfers.compactMap { transfer in
      guard case .bundle(_, let bytes) = transfer.message else { return nil }
      return try Bundle(bytes)
    }
  }

  @Test func aBundleComesBackAndLivesNoLonger() throws {
    let node = try node()
    let answers = try answers(node, to: try request())
    #expect(answers.count == 1)
    #expect(answers.first?.primary.source == (try EndpointID("ipn:3.7")))
    #expect(answers.first?.primary.destination == (try EndpointID("ipn:1.2")))
    #expect(answers.first?.payload == [1, 2, 3])
    #expect(answers.first?.primary.lifetime == 4000)
    #expect(node.agent.figures.echoed == 1)
  }

  @Test func theServiceIsThereUnderTheNameInTheMeshToo() throws {
    let node = try node(service: "echo")
    guard case .dtn(let part)? = NodeEndpoint.node(node.key) else { return }
    let answers = try answers(node, to: try request(to: "dtn:\(part)echo"))
    #expect(answers.map(\.primary.source) == [.dtn(part + "echo")])
  }

  @Test func twoServicesOfOneNameDoNotPlayWithABundle() throws {
    let node = try node()
    #expect(try answers(node, to: try request(from: "ipn:1.7")).isEmpty)
    #expect(node.agent.bundleCount == 0)
  }

  @Test func reportsFragmentsAndNobodyAreNotAnswered() throws {
    let report = try node()
    #expect(try answers(report, to: try request(flags: .administrative)).isEmpty)
    #expect(report.agent.figures.echoed == 0)
    let nobody = try node()
    #expect(try answers(nobody, to: try request(from: "dtn:none", flags: .mustNotFragment)).isEmpty)
    #expect(nobody.agent.figures.echoed == 0)
  }

  @Test func otherServicesAreNotAnswered() throws {
    let node = try node()
    #expect(try answers(node, to: try request(to: "ipn:3.8")).isEmpty)
    #expect(node.agent.bundleCount == 1, "it waits for somebody who listens")
  }
}
