@testable import MeshMultiplexer
// SPDX-License-Identifier: Apache-2.0
@testable import MeshSession

/// A small generator with a seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Two multiplexers and packets between them that are lost, late or in another order, by seed. No session.
final class Pipe {
  struct Packet {
    var bytes: [UInt8]
    var records: [FrameRecord]
    var toA: Bool
  }

  let a: Multiplexer
  let b: Multiplexer
  let acceptorA = Acceptor()
  let acceptorB = Acceptor()
  var now: UInt64 = 1_000_000_000
  var mtu = 1200
  /// Of 100 packets or acknowledgements.
  var loss = 0
  var reorders = false
  var random: Seeded
  var violations: [SessionError] = []
  private var flying: [Packet] = []

  init(seed: UInt64 = 0, options: MultiplexerOptions = MultiplexerOptions()) {
    random = Seeded(seed)
    a = Multiplexer(opensEven: true, options: options)
    b = Multiplexer(opensEven: false, options: options)
    a.acceptor = acceptorA
    b.acceptor = acceptorB
    a.restart(parameters: options.parameters, now: now)
    b.restart(parameters: options.parameters, now: now)
  }

  /// One packet of `side`, or nil when it has none.
  func packet(of side: Multiplexer, classes: ClassSet = .all) -> Packet? {
    var allowed = classes
    while let trafficClass = side.nextClass(among: allowed) {
      var list = FrameRecordList()
      var bytes = [UInt8](repeating: 0, count: mtu)
      let count = bytes.withUnsafeMutableBytes { side.fill($0, of: trafficClass, records: &list, now: now) }
      if count > 0 {
        let records = (0..<list.count).map { list[$0] }
        return Packet(bytes: Array(bytes[..<count]), records: records, toA: side === b)
      }
      allowed.remove(ClassSet(trafficClass))
    }
    return nil
  }

  func deliver(_ bytes: [UInt8], to side: Multiplexer) throws(SessionError) {
    let result = bytes.withUnsafeBytes { raw -> Result<Void, SessionError> in
      var at = 0
      while at < raw.count {
        do throws(SessionError) { at += try side.receive(.init(rebasing: raw[at...]), now: now) } catch {
          return .failure(error)
        }
      }
      return .success(())
    }
    try result.get()
  }

  /// Runs until nothing moves any more, at most `rounds`.
  func run(rounds: Int = 4000) {
    for _ in 0..<rounds {
      for side in [a, b] {
        var burst = 0
        while burst < 20, let next = packet(of: side) {
          flying.append(next)
          burst += 1
        }
      }
      if flying.isEmpty, a.nextDeadline == .max, b.nextDeadline == .max { return }
      if reorders { flying.shuffle(using: &random) }
      let batch = flying.prefix(30)
      flying.removeFirst(batch.count)
      for packet in batch { carry(packet) }
      now += 10_000_000
      a.advance(now: now)
      b.advance(now: now)
    }
  }

  private func carry(_ packet: Packet) {
    let (sender, receiver) = packet.toA ? (b, a) : (a, b)
    let arrives = Int.random(in: 0..<100, using: &random) >= loss
    if arrives {
      do throws(SessionError) { try deliver(packet.bytes, to: receiver) } catch { violations.append(error) }
    }
    // A packet that arrived may be taken for lost as well.
    let known = arrives && Int.random(in: 0..<100, using: &random) >= loss / 2
    for record in packet.records { known ? sender.acknowledged(record, now: now) : sender.lost(record, now: now) }
  }
}

extension Multiplexer {
  func send(_ body: [UInt8], options: MessageOptions? = nil, to stream: StreamReference, now: UInt64) throws {
    let result = body.withUnsafeBytes { bytes -> Result<Void, SendRefusal> in
      do throws(SendRefusal) { return .success(try send(bytes, options: options, to: stream, now: now)) } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  func write(_ bytes: [UInt8], to stream: StreamReference) throws -> Int {
    let result = bytes.withUnsafeBytes { bytes -> Result<Int, SendRefusal> in
      do throws(SendRefusal) { return .success(try write(bytes, to: stream)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  func open(
    _ kind: StreamKind, _ name: String = "/t/1", _ trafficClass: TrafficClass = .normal,
    handler: StreamHandler = Recorder()
  ) throws -> StreamReference {
    try open(StreamPreamble(kind: kind, trafficClass: trafficClass, name: name), handler: handler)
  }
}
