// SPDX-License-Identifier: Apache-2.0
import BundleConvergence
import BundleProtocol
import CMeshABI
import Glibc
import TransportDriver

@testable import BundleNetwork

/// The least that a network needs of a host: descriptors that are polled, a clock, a log; and a delegate that writes down
/// what it hears. Its clock is the system's and what the test adds to it.
final class FakeHost: NetworkDelegate {
  struct Arrival {
    var bundle: [UInt8]
    var number: UInt64
    var connection: [UInt8]
  }

  private(set) var network: Network!
  private var watches: [Int32: (mask: UInt32, token: UInt64)] = [:]
  private var done: [(token: UInt64, status: Int32)] = []
  var added: UInt64 = 0
  var lines: [String] = []
  var came: [[UInt8]: (node: EndpointID?, isNeighbour: Bool, isTrusted: Bool)] = [:]
  var went: [[UInt8]] = []
  var arrivals: [Arrival] = []
  var answers: [UInt64: RefusalReason?] = [:]
  /// What becomes of bundles that arrive; nil = the test says.
  var verdict: TransferVerdict? = .stored
  var watchFails = false

  init(_ name: String, _ settings: NetworkSettings) throws {
    let host = Host(context: OpaquePointer(Unmanaged.passUnretained(self).toOpaque()), table: Self.table)!
    network = Network(
      host: host, settings: settings, credentials: nil, node: try EndpointID(name), delegate: self)
  }

  var watched: Int { watches.count }

  /// One turn, after waiting at most so long for something to happen.
  func turn(milliseconds: Int32 = 5) {
    var descriptors = watches.map { descriptor, watch in
      var events: Int16 = 0
      if watch.mask & MESH_WATCH_READ != 0 { events |= Int16(POLLIN) }
      if watch.mask & MESH_WATCH_WRITE != 0 { events |= Int16(POLLOUT) }
      return pollfd(fd: descriptor, events: events, revents: 0)
    }
    poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    network.beginTurn()
    for one in descriptors where one.revents != 0 {
      guard let watch = watches[one.fd] else { continue }
      var event = mesh_ready()
      event.kind = MESH_READY_FD
      event.fd = one.fd
      event.token = watch.token
      if one.revents & Int16(POLLIN) != 0 { event.mask |= MESH_WATCH_READ }
      if one.revents & Int16(POLLOUT) != 0 { event.mask |= MESH_WATCH_WRITE }
      if one.revents & Int16(POLLERR | POLLHUP) != 0 { event.mask |= MESH_WATCH_ERROR }
      _ = network.dispatch(event)
    }
    let offloaded = done
    done = []
    for (token, status) in offloaded {
      var event = mesh_ready()
      event.kind = MESH_READY_OFFLOAD
      event.token = token
      event.status = status
      _ = network.dispatch(event)
    }
    network.finishTurn()
  }

  /// Turns of all until something is so; false when it never was.
  static func run(_ hosts: [FakeHost], until condition: () -> Bool) -> Bool {
    for _ in 0..<4000 {
      if condition() { return true }
      for host in hosts { host.turn() }
    }
    return condition()
  }

  func came(_ connection: [UInt8], node: EndpointID?, isNeighbour: Bool, isTrusted: Bool) {
    came[connection] = (node, isNeighbour, isTrusted)
  }
  func went(_ connection: [UInt8]) {
    came[connection] = nil
    went.append(connection)
  }
  func arrived(_ bundle: [UInt8], number: UInt64, over connection: [UInt8]) {
    arrivals.append(Arrival(bundle: bundle, number: number, connection: connection))
    if let verdict { network.settle(number, verdict, over: connection) }
  }
  func answered(_ number: UInt64, _ refusal: RefusalReason?, over connection: [UInt8]) { answers[number] = refusal }
  func mayHaveRoom(_ connection: [UInt8]) {}
  func wantsTurn() {}

  private static func host(_ context: OpaquePointer?) -> FakeHost {
    Unmanaged<FakeHost>.fromOpaque(UnsafeRawPointer(context!)).takeUnretainedValue()
  }

  nonisolated(unsafe) private static let table: UnsafePointer<mesh_host_api> = {
    var table = mesh_host_api()
    table.size = UInt32(MemoryLayout<mesh_host_api>.size)
    table.log = { context, _, text, length in
      let bytes = UnsafeRawBufferPointer(start: text, count: length)
      FakeHost.host(context).lines.append(String(decoding: bytes, as: UTF8.self))
      return MESH_OK
    }
    table.post = { _, _ in MESH_OK }
    table.now = { context in
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec) + FakeHost.host(context).added
    }
    table.watch = { context, descriptor, mask, token in
      let host = FakeHost.host(context)
      guard !host.watchFails else { return MESH_E_LIMIT }
      host.watches[descriptor] = (mask, token)
      return MESH_OK
    }
    table.unwatch = { context, descriptor in
      FakeHost.host(context).watches.removeValue(forKey: descriptor) == nil ? MESH_E_NOTFOUND : MESH_OK
    }
    table.deadline = { _, _ in MESH_OK }
    table.buffer_get = { _, _, _, _ in 0 }
    table.buffer_put = { _, _, _ in MESH_OK }
    table.deliver = { _, _, _ in MESH_OK }
    table.transmit_done = { _, _, _ in MESH_OK }
    table.credit = { _, _, _, _ in MESH_OK }
    table.link_event = { _, _, _ in MESH_OK }
    table.offload = { context, function, argument, token in
      FakeHost.host(context).done.append((token, function!(argument)))
      return MESH_OK
    }
    let pointer = UnsafeMutablePointer<mesh_host_api>.allocate(capacity: 1)
    pointer.initialize(to: table)
    return UnsafePointer(pointer)
  }()
}
