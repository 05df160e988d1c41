// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire
import Testing

/// A message is read over a session, its sender never hears of that, and the reader's node begins anew before the copy
/// comes.
@Suite struct ReadingMarkTests {
  enum Release: CaseIterable {
    /// After the link has died.
    case withoutLink
    /// After the link has died, while the carrier is switched off.
    case withoutCarrier
    /// While there is a link, just before the node stops.
    case beforeStop
  }

  @Test(arguments: Release.allCases) func `What was released is not read again after a restart`(_ way: Release) throws {
    let pair = CorePair()
    let carriers = [ScriptedCarrier(), ScriptedCarrier()]
    pair.a.carriage.driver = carriers[0]
    pair.b.carriage.driver = carriers[1]
    defer {
      pair.a.carriage.driver = nil
      pair.b.carriage.driver = nil
    }
    let sender = LetterSender()
    sender.carriage = pair.a.carriage
    let reader = LetterReader(releasesByHand: true)
    try pair.b.serve("/letters/1", with: reader)
    try pair.sendLetter([7], from: sender)
    try #require(pair.run(until: { reader.bodies == [[7]] }))
    pair.run(100)
    if way != .beforeStop {
      pair.cutLinks()
      pair.step()
    }
    pair.refuses = true
    step(pair, carriers, 20)
    if way == .withoutCarrier { carriers[1].carriers = [] }
    reader.release(now: pair.now)
    if way == .beforeStop {
      pair.b.carriage.isStopping = true
      for session in Array(pair.b.endpoint.sessions.values) {
        pair.b.endpoint.end(session, code: CloseCode.done, now: pair.now)
      }
    }
    step(pair, carriers, 20)
    #expect(pair.b.carriage.isSaved)
    pair.b.carriage.driver = nil
    pair.restart(1)
    carriers[1].carriers = [0]
    pair.b.carriage.driver = carriers[1]
    _ = carriers[1].journal.withUnsafeBytes { pair.b.carriage.load(window: $0, now: carriers[1].wallClock) }
    let next = LetterReader(releasesByHand: true)
    try pair.b.serve("/letters/1", with: next)
    for _ in 0..<400 where carriers[0].submitted == 0 { step(pair, carriers, 100) }
    let copy = try #require(carriers[0].kept.values.first)
    pair.b.carriage.arrived(0, arrival: [1], envelope: copy.bytes, now: pair.now)
    step(pair, carriers, 20)
    #expect(next.bodies.isEmpty)
    #expect(carriers[1].submitted == 1, "the sender is told")
    pair.b.carriage.reported(
      0, token: carriers[1].kept.keys.first ?? 0, kind: MESH_CARRIER_STORED, code: MESH_OK, now: pair.now)
    #expect(carriers[1].settled == [MESH_OK])
  }

  private func step(_ pair: CorePair, _ carriers: [ScriptedCarrier], _ milliseconds: Int) {
    for _ in 0..<milliseconds {
      pair.step()
      for (core, carrier) in [(pair.a, carriers[0]), (pair.b, carriers[1])] where carrier.isSaving {
        carrier.isSaving = false
        core.carriage.persisted(true, now: pair.now)
      }
    }
  }
}
