// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

/// Nodes without any link, and carriers that do what the script says.
final class Correspondents {
  /// One node, with the life that it has now.
  final class Member {
    let identity: Identity
    let carrier = ScriptedCarrier()
    var core: NodeCore
    var reader = Reader()
    let observer = Observer()
    var states: [UInt64: [CarriedState]] { observer.states }

    init(_ identity: Identity, _ core: NodeCore) {
      self.identity = identity
      self.core = core
    }
  }

  /// Hears what becomes of messages. The core keeps it until they have ended, so it keeps no core.
  final class Observer: CarriedMessageObserver {
    var states: [UInt64: [CarriedState]] = [:]

    func carried(_ number: UInt64, _ state: CarriedState) { states[number, default: []].append(state) }
  }

  /// An application that keeps what it gets, and releases it when told.
  final class Reader: ProtocolServer {
    var acceptance = CarriedAcceptance.taken
    var held: [CarriedReference] = []
    var bodies: [[UInt8]] = []

    func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance { .refuse(code: 1) }
    func carried(_ message: CarriedMessage) -> CarriedAcceptance {
      guard acceptance == .taken else { return acceptance }
      held.append(message.reference)
      bodies.append(message.body)
      return .taken
    }
  }

  static let name = "/letters/1"
  var now: UInt64 = 1_000_000_000
  var members: [Member] = []
  private var lives: UInt64 = 0

  init(_ count: Int = 2) {
    for index in 0..<count {
      let identity = Identity.generate(from: .seeded(UInt64(100 + index)))
      members.append(Member(identity, core(identity)))
    }
    for member in members { begin(member) }
  }

  private func core(_ identity: Identity) -> NodeCore {
    lives += 1
    return NodeCore(
      identity: identity, incarnation: lives, policy: TransportPolicy(transports: []), random: .seeded(lives))
  }

  private func begin(_ member: Member) {
    member.core.carriage.driver = member.carrier
    for other in members where other !== member {
      _ = try? member.core.setPeer(other.identity.id, addresses: [], now: now)
    }
    _ = try? member.core.serve(Self.name, with: member.reader)
  }

  /// The node of a member ends, and begins anew with what is on its disk.
  func restart(_ member: Member) {
    let reader = Reader()
    reader.acceptance = member.reader.acceptance
    reader.bodies = member.reader.bodies
    member.core.carriage.driver = nil
    member.reader = reader
    member.carrier.isSaving = false
    member.core = core(member.identity)
    member.core.carriage.driver = member.carrier
    _ = member.carrier.journal.withUnsafeBytes {
      member.core.carriage.load(window: $0, now: member.carrier.wallClock)
    }
    // MCA-04: what the carrier keeps is told again, and what arrived is offered again.
    for token in member.carrier.kept.keys.sorted() { report(member, token, MESH_CARRIER_STORED) }
    member.carrier.toOffer = Array(member.carrier.arrivals.keys)
    begin(member)
  }

  /// A carrier stops, or is switched off.
  func stopCarrier(_ carrier: Int = 0, of member: Member) {
    member.carrier.carriers.removeAll { $0 == carrier }
    member.carrier.toOffer.removeAll()
    member.core.carriage.carrierStopped(carrier, now: now)
  }

  /// It begins anew with what it keeps, under other names for what has arrived.
  func startCarrier(_ carrier: Int = 0, of member: Member) {
    member.carrier.carriers.append(carrier)
    for (token, one) in member.carrier.kept.sorted(by: { $0.key < $1.key }) where one.isReported {
      report(member, token, MESH_CARRIER_STORED)
    }
    let arrivals = member.carrier.arrivals.values
    member.carrier.arrivals = [:]
    for bytes in arrivals { member.carrier.receive(bytes) }
  }

  func report(_ member: Member, _ token: UInt64, _ kind: UInt32, _ code: Int32 = MESH_OK) {
    member.core.carriage.reported(0, token: token, kind: kind, code: code, now: now)
  }

  func carry(
    from one: Member, to other: Member, _ body: [UInt8], number: UInt64, key: [UInt8] = [],
    lifetime: UInt64 = 86_400_000_000_000, name: String = Correspondents.name
  ) -> CarriageAnswer {
    let message = OutgoingCarriage(
      peer: other.identity.id, name: name, trafficClass: .normal, key: key, body: body, deadline: now + lifetime)
    return one.core.carriage.carry(message, observer: one.observer, number: number, now: now)
  }

  /// One turn of every node: disks sync, carriers store and offer.
  func turn(milliseconds: UInt64 = 10) {
    now += milliseconds * 1_000_000
    for member in members {
      member.carrier.wallClock += milliseconds
      for (token, one) in member.carrier.kept.sorted(by: { $0.key < $1.key })
      where !one.isReported && member.carrier.reportsStored {
        member.carrier.kept[token]?.isReported = true
        report(member, token, MESH_CARRIER_STORED)
      }
      let offers = member.carrier.toOffer
      member.carrier.toOffer = []
      for id in offers {
        guard let bytes = member.carrier.arrivals[id] else { continue }
        member.core.carriage.arrived(0, arrival: id, envelope: bytes, now: now)
      }
      if member.core.nextDeadline <= now { member.core.advance(now: now) }
      member.core.endTurn(now: now)
      if member.carrier.isSaving {
        member.carrier.isSaving = false
        member.core.carriage.persisted(member.carrier.diskWorks, now: now)
      }
      member.core.endTurn(now: now)
    }
  }

  /// Copies everything that is kept for `recipient` to its node.
  func meet(_ sender: Member, _ recipient: Member, times: Int = 1) {
    for (_, one) in sender.carrier.kept.sorted(by: { $0.key < $1.key }) where one.recipient == recipient.identity.id {
      for _ in 0..<times { recipient.carrier.receive(one.bytes) }
    }
  }

  func releaseAll(_ member: Member) {
    for reference in member.reader.held { member.core.carriage.released(reference) }
    member.reader.held = []
  }

  func settle() { for _ in 0..<6 { turn() } }
}
