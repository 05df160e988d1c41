// SPDX-License-Identifier: Apache-2.0
import MeshTransportManager

let milliseconds: UInt64 = 1_000_000
let seconds: UInt64 = 1_000_000_000

/// Virtual transports that work, refuse, time out, fail their handshake or die, driving one manager.
struct World {
  enum Behaviour: CaseIterable {
    case works, refuses, blackHole, badHandshake, badKey, diesYoung, diesLate
  }

  enum Event {
    case up(AttemptHandle, PeerHandle, String)
    case failed(AttemptHandle, PathFailure)
    case down(LinkHandle, PathFailure?)
  }

  var manager: TransportManager
  var random: SeededGenerator
  var now: UInt64 = 0
  var behaviours: [String: Behaviour] = [:]
  var rtts: [String: UInt64] = [:]
  var events: [(time: UInt64, order: Int, event: Event)] = []
  var order = 0
  var inFlight: [AttemptHandle: PeerHandle] = [:]
  var transports: [LinkHandle: String] = [:]
  var active: [PeerHandle: LinkHandle] = [:]
  var switches = 0
  var unreachable = 0
  var dials = 0
  var mostPerPeer = 0
  var mostInFlight = 0
  var nextLink: UInt64 = 1
  var stuck = false

  init(policy: TransportPolicy, seed: UInt64, limits: TransportLimits = TransportLimits()) {
    manager = TransportManager(policy: policy, seed: seed, limits: limits)
    random = SeededGenerator(seed: seed ^ 0x5EED)
  }

  mutating func schedule(_ delay: UInt64, _ event: Event) {
    order += 1
    events.append((now + delay, order, event))
  }

  static func failure(_ stage: PathFailure.Stage, _ kind: PathFailure.Kind = .transient) -> PathFailure {
    PathFailure(code: -9, kind: kind, stage: stage, text: "the world said \(stage.words)")
  }

  /// Carries the manager's commands out.
  mutating func obey() {
    for command in manager.takeCommands() {
      switch command {
      case .dial(let peer, let attempt, let transport, _, _, _):
        dials += 1
        inFlight[attempt] = peer
        mostInFlight = max(mostInFlight, inFlight.count)
        mostPerPeer = max(mostPerPeer, inFlight.values.reduce(0) { $0 + ($1 == peer ? 1 : 0) })
        let delay = UInt64.random(in: 1...200, using: &random) * milliseconds
        switch behaviours[transport] ?? .works {
        case .works, .diesYoung, .diesLate: schedule(delay, .up(attempt, peer, transport))
        case .refuses: schedule(delay, .failed(attempt, Self.failure(.refused, .peer)))
        case .badHandshake: schedule(delay, .failed(attempt, Self.failure(.handshake, .peer)))
        case .badKey: schedule(delay, .failed(attempt, Self.failure(.handshake, .auth)))
        case .blackHole: break
        }
      case .cancel(let attempt): inFlight[attempt] = nil
      case .close(let link, _, _): schedule(10 * milliseconds, .down(link, nil))
      case .select(let peer, let trafficClass, let link):
        guard trafficClass == 3 else { continue }
        if active[peer] != link { switches += 1 }
        active[peer] = link
      case .probe: break
      case .unreachable: unreachable += 1
      }
    }
  }

  private mutating func happen(_ event: Event) {
    switch event {
    case .up(let attempt, let peer, let transport):
      guard inFlight[attempt] != nil else { return }
      // The world may have changed since the attempt began.
      switch behaviours[transport] ?? .works {
      case .blackHole: return
      case .refuses, .badHandshake, .badKey:
        happen(.failed(attempt, Self.failure(.refused, .peer)))
        return
      case .works, .diesYoung, .diesLate: inFlight[attempt] = nil
      }
      let link = LinkHandle(rawValue: nextLink)
      nextLink += 1
      transports[link] = transport
      manager.linkUp(
        peer, link: link, attempt: attempt, transport: transport, capabilities: PathCapabilities(), now: now)
      if let rtt = rtts[transport] { manager.rttSample(link, rtt, now: now) }
      switch behaviours[transport] ?? .works {
      case .diesYoung: schedule(2 * seconds, .down(link, Self.failure(.diedLater)))
      case .diesLate: schedule(40 * seconds, .down(link, Self.failure(.diedLater)))
      default: break
      }
    case .failed(let attempt, let failure):
      guard inFlight.removeValue(forKey: attempt) != nil else { return }
      manager.attemptFailed(attempt, failure, now: now)
    case .down(let link, let failure):
      guard transports.removeValue(forKey: link) != nil else { return }
      manager.linkDown(link, failure, now: now)
    }
  }

  /// Kills every link over the transport.
  mutating func kill(_ transport: String) {
    for link in transports.keys.sorted(by: { $0.rawValue < $1.rawValue }) where transports[link] == transport {
      happen(.down(link, Self.failure(.diedLater)))
      obey()
    }
  }

  /// Lets virtual time pass.
  mutating func run(for duration: UInt64) {
    let end = now + duration
    var idle = 0
    obey()
    while true {
      let next = events.enumerated().min { ($0.element.time, $0.element.order) < ($1.element.time, $1.element.order) }
      let deadline = manager.nextDeadline ?? .max
      let time = min(next?.element.time ?? .max, deadline)
      guard time <= end else { break }
      idle = time <= now ? idle + 1 : 0
      if idle > 1000 {
        stuck = true
        return
      }
      now = max(now, time)
      if let next, next.element.time <= now {
        events.remove(at: next.offset)
        happen(next.element.event)
      } else {
        manager.advance(now: now)
      }
      obey()
    }
    now = end
  }

  func activeTransport(_ peer: PeerHandle) -> String? { active[peer].flatMap { transports[$0] } }
}

let threeTransports = TransportPolicy(transports: [
  TransportEntry(name: "htx", instance: 0, priorityGroup: 1, schemes: ["htx"]),
  TransportEntry(name: "ws", instance: 1, priorityGroup: 2, schemes: ["ws"]),
  TransportEntry(name: "ble", instance: 2, priorityGroup: 3, schemes: ["ble"]),
])

let threeAddresses = ["htx://h:1", "ws://h:2", "ble://3"].map { PeerAddress(uri: $0, source: .configuration) }

let alice = PeerHandle(rawValue: 1)
