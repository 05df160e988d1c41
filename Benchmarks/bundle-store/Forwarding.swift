// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import Glibc

/// Bundles of 1 MB through a node without a disk, on one core: taken from one TCPCLv4 session, parsed with their
/// checksums, given a new previous node, encoded and sent over another. Bytes pass as they would through sockets, in
/// pieces of 256 KiB; copying the same bytes once is the reference.
struct Forwarding {
  private static let size = 1_000_000
  private let source: TCPCLSession
  private let entry: TCPCLSession
  private let exit: TCPCLSession
  private let sink: TCPCLSession

  init() {
    func session(_ name: String, _ isActive: Bool) -> TCPCLSession {
      var settings = TCPCLSettings(node: .dtn("//\(name)/"))
      settings.tls = .never
      settings.segmentSize = 1 << 18
      return TCPCLSession(settings, isActive: isActive, now: 0)
    }
    source = session("source", true)
    entry = session("node", false)
    exit = session("node", true)
    sink = session("sink", false)
  }

  func measure(seconds: Double) throws {
    let bundle = Durable.bundles(1, payload: Self.size)[0]
    carry(bundle)
    var count = 0
    let start = now()
    while now() - start < seconds {
      guard case .begun = source.send(bundle, now: 0) else { throw BenchmarkError(text: "no bundle could be sent") }
      count += carry(bundle)
    }
    figure("libmesh-node", "forward-1m", Double(count * Self.size) / 1e6 / (now() - start), "MB/s")
    var target = [UInt8](repeating: 0, count: bundle.count)
    let begun = now()
    var copies = 0
    while now() - begun < seconds / 4 {
      target.withUnsafeMutableBytes { into in bundle.withUnsafeBytes { into.copyMemory(from: $0) } }
      copies += target[copies % target.count] == 255 ? 2 : 1
    }
    figure("memcpy", "forward-1m", Double(copies * Self.size) / 1e6 / (now() - begun), "MB/s")
  }

  private func pass(_ from: TCPCLSession, _ to: TCPCLSession) -> Bool {
    from.withOutput { bytes -> Int in
      let piece = UnsafeRawBufferPointer(rebasing: bytes[..<min(bytes.count, 1 << 18)])
      if piece.count > 0 { to.receive(piece, now: 0) }
      return piece.count
    }.consumed(by: from)
  }

  /// Lets everything go its way; how many bundles came to the end of it.
  @discardableResult private func carry(_ sent: [UInt8]) -> Int {
    var arrived = 0
    var moved = true
    while moved {
      moved = pass(source, entry)
      while let event = entry.nextEvent(now: 0) {
        guard case .arrived(let transfer, let bytes) = event, var bundle = try? Bundle(bytes) else { continue }
        bundle.previousNode = .dtn("//node/")
        if case .begun = exit.send(bundle.encoded, now: 0) { entry.settle(transfer, .stored, now: 0) }
      }
      moved = pass(exit, sink) || moved
      while let event = sink.nextEvent(now: 0) {
        guard case .arrived(let transfer, let bytes) = event, bytes.count > sent.count else { continue }
        sink.settle(transfer, .stored, now: 0)
        arrived += 1
      }
      moved = pass(sink, exit) || moved
      moved = pass(entry, source) || moved
      while exit.nextEvent(now: 0) != nil || source.nextEvent(now: 0) != nil {}
    }
    return arrived
  }
}

extension Int {
  fileprivate func consumed(by session: TCPCLSession) -> Bool {
    session.wrote(self, now: 0)
    return self > 0
  }
}
