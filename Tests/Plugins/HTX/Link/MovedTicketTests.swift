// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop
import MeshPluginHost
import Testing

/// A client of QUIC may go on from an address that is nobody's, or everybody's: its ticket is its first network's.
@Suite struct MovedTicketTests {
  private static let here: (UInt8, UInt8, UInt8, UInt8) = (127, 0, 0, 2)
  private static let there: (UInt8, UInt8, UInt8, UInt8) = (127, 0, 1, 2)

  private let node: LinkNode
  private let id: InstanceID

  /// Each network may show one ticket.
  init() throws {
    node = try LinkNode(hasStreams: true)
    id = try node.start([
      PluginParameter(name: "ticket_burst", value: .integer(1), type: MESH_TYPE_INT),
      PluginParameter(name: "tickets_per_hour", value: .integer(1), type: MESH_TYPE_INT),
    ])
    _ = try node.host.listen(id, on: "htx://127.0.0.1:0")
    let node = node
    try #require(node.run { node.listening.count == 1 })
  }

  private func figure(_ name: String) -> UInt64 { node.host.figures(of: id).first { $0.name == name }?.value ?? .max }

  private func run(_ visitor: MovingVisitor, until done: () -> Bool) -> Bool {
    node.run {
      visitor.step()
      return done()
    }
  }

  /// Comes, moves if it is told where to, and shows a ticket, which is judged one way or the other.
  private func visit(
    from: (UInt8, UInt8, UInt8, UInt8), movingTo target: (UInt8, UInt8, UInt8, UInt8)? = nil
  ) throws {
    let visitor = try MovingVisitor(to: #require(node.listening.first), from: from)
    try #require(run(visitor) { visitor.isReached })
    if let target {
      var isMoving = false
      let hasMoved = run(visitor) {
        if !isMoving { isMoving = visitor.move(to: target) }
        return visitor.isAt(target)
      }
      try #require(hasMoved)
    }
    let before = figure("tickets_admitted") + figure("tickets_over_rate")
    try visitor.showTicket()
    try #require(run(visitor) { figure("tickets_admitted") + figure("tickets_over_rate") == before + 1 })
  }

  @Test func aTicketIsCountedWhereTheHandshakeWasMade() throws {
    try visit(from: Self.here, movingTo: Self.there)
    #expect(figure("tickets_admitted") == 1)
    // Where it came from has shown its ticket, and where it is has not.
    try visit(from: Self.here)
    #expect(figure("tickets_admitted") == 1 && figure("tickets_over_rate") == 1)
    try visit(from: Self.there)
    #expect(figure("tickets_admitted") == 2 && figure("tickets_over_rate") == 1)
    #expect(node.violations.isEmpty)
  }
}
