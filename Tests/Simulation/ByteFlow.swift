// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshMultiplexer
import MeshNode
import MeshSession

/// A byte stream that is answered by its length: every byte must arrive once, in order, and the end must be seen.
final class ByteFlow: StreamHandler, ProtocolServer {
  unowned let world: World
  let from: Int
  let number: UInt64
  let name: String
  let total: UInt64
  let trafficClass: TrafficClass
  private var stream: PeerStream?
  private var written: UInt64 = 0
  private var arrived: UInt64 = 0
  private(set) var sawEnd = false
  private(set) var answered = false
  private(set) var cutOff = false
  private var serverSide: StreamReference?
  private var answer: [UInt8] = []

  init(world: World, from: Int, number: UInt64, total: UInt64, trafficClass: TrafficClass) {
    self.world = world
    self.from = from
    self.number = number
    self.total = total
    self.trafficClass = trafficClass
    name = "/bytes/\(number)"
    super.init()
    serve()
  }

  func serve() { try? world.nodes[1 - from].core.serve(name, with: self) }

  var isDone: Bool { answered || cutOff }

  func start() {
    let preamble = StreamPreamble(kind: .bytes, trafficClass: trafficClass, name: name)
    do throws(NodeError) {
      stream = try world.nodes[from].core.open(
        preamble, to: world.identities[1 - from].id, handler: self, now: world.now)
      pump()
    } catch {
      guard error == .refused(.streamLimit) else { return world.fail("\(name): \(error)") }
      world.at(50_000_000) { [unowned self] in start() }
    }
  }

  private func pump() {
    guard let stream, written < total else { return }
    while written < total {
      let piece = min(total - written, world.random.number(UInt64(1)...40_000))
      let bytes = (0..<piece).map { Payload.byte(number, written + $0) }
      guard let count = try? bytes.withUnsafeBytes({ try stream.multiplexer.write($0, to: stream.reference) }) else {
        if !cutOff { world.fail("\(name): closed under the writer") }
        return
      }
      written += UInt64(count)
      if count < bytes.count { return }
    }
    stream.multiplexer.finish(stream.reference)
  }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    arrived = 0
    serverSide = stream.reference
    return .accept(self)
  }

  override func received(_ bytes: UnsafeRawBufferPointer, on reference: StreamReference, of multiplexer: Multiplexer)
    -> Int
  {
    if isClientSide(multiplexer) {
      answer += bytes
      if answer.count == 8 {
        answered = true
        let number = answer.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if number != total { world.fail("\(name): the answer is \(number), not \(total)") }
      }
      return bytes.count
    }
    let count = world.random.chance(5) ? bytes.count / 2 : bytes.count
    for index in 0..<count where bytes[index] != Payload.byte(number, arrived + UInt64(index)) {
      world.fail("\(name): wrong byte at \(arrived + UInt64(index))")
      return count
    }
    arrived += UInt64(count)
    if count < bytes.count {
      world.at(5_000_000) { [unowned self, weak multiplexer] in multiplexer?.resume(reference, now: world.now) }
    }
    return count
  }

  override func ended(_ reference: StreamReference, code: UInt64?, of multiplexer: Multiplexer) {
    if let code {
      guard code == StreamCode.peerRestarted, world.statistics.restarts > 0 else {
        return world.fail("\(name): cut off with \(StreamCode.name(code))")
      }
      if isClientSide(multiplexer) { cutOff = true }
      return
    }
    guard !isClientSide(multiplexer) else { return }
    sawEnd = true
    if arrived != total { world.fail("\(name): ended after \(arrived) of \(total) bytes") }
    let answer = withUnsafeBytes(of: arrived.bigEndian) { Array($0) }
    _ = answer.withUnsafeBytes { try? multiplexer.write($0, to: reference) }
    multiplexer.finish(reference)
  }

  override func writable(_ stream: StreamReference, of multiplexer: Multiplexer) {
    if isClientSide(multiplexer) { world.at(0) { [unowned self] in pump() } }
  }

  private func isClientSide(_ multiplexer: Multiplexer) -> Bool { stream?.multiplexer === multiplexer }

  /// A restarted sender has lost its streams with everything else.
  func noteSenderRestart() { if !answered { cutOff = true } }

  func check() {
    if !answered, !cutOff {
      world.fail("\(name): \(arrived) of \(total) bytes arrived, \(written) written, end seen: \(sawEnd)")
    }
  }
}
