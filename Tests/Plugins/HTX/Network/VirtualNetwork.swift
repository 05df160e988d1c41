// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXQUIC
import TestSupport

/// Endpoints joined by a network with a clock of its own, whose faults follow from a seed.
public final class VirtualNetwork {
  /// What may happen to a packet, each in 1,000.
  public struct Faults {
    /// It does not arrive.
    public var loss = 0
    /// It arrives twice.
    public var duplication = 0
    /// Delays a packet by up to five times the one-way time.
    public var reordering = 0
    /// A router marks it as congested (RFC 3168), where its sender allows that.
    public var congestion = 0

    /// None unless said.
    public init(loss: Int = 0, duplication: Int = 0, reordering: Int = 0, congestion: Int = 0) {
      self.congestion = congestion
      self.loss = loss
      self.duplication = duplication
      self.reordering = reordering
    }
  }

  private struct Flight {
    let time: UInt64
    let order: Int
    let target: Endpoint
    let arrival: (local: cquic_address, remote: cquic_address, ecn: UInt8)
    let bytes: [UInt8]
  }

  /// Nanoseconds.
  public var now: UInt64 = 1_000_000_000
  /// One way, in nanoseconds.
  public var delay: UInt64 = 5_000_000
  /// What happens to packets.
  public var faults = Faults()
  /// Packets for which this is true are lost.
  public var filter: (_ bytes: UnsafeRawBufferPointer, _ to: NetworkAddress) -> Bool = { _, _ in false }
  /// The longest packet that leaves an end: a train that has a longer one is lost as a whole, as in Linux.
  public var longest = Int.max
  /// Packets that were not too long, and were lost with one that was.
  public private(set) var lostBeside = 0
  /// Packets that were sent, lost ones included.
  public private(set) var carried = 0
  /// Bytes that were sent, by where to.
  public private(set) var carriedBytes: [NetworkAddress: Int] = [:]
  private var random: SeededGenerator
  private var flights: [Flight] = []
  private var homes: [NetworkAddress: Endpoint] = [:]
  /// In the order in which they came, for that of a dictionary is another one each time.
  private var endpoints: [Endpoint] = []
  private var translated: [NetworkAddress: NetworkAddress] = [:]
  private var order = 0

  /// The same seed has the same faults.
  public init(seed: UInt64 = 1) { random = SeededGenerator(seed) }

  /// Gives an endpoint an address; it may have several.
  public func attach(_ endpoint: Endpoint, at address: NetworkAddress) {
    homes[address] = endpoint
    if !endpoints.contains(where: { $0 === endpoint }) { endpoints.append(endpoint) }
    endpoints.removeAll { one in !homes.values.contains { $0 === one } }
  }
  /// Takes an address away.
  public func detach(_ address: NetworkAddress) {
    homes[address] = nil
    endpoints.removeAll { one in !homes.values.contains { $0 === one } }
  }

  /// From now on packets of `inside` come from `outside`, unknown to both ends.
  public func translate(_ inside: NetworkAddress, to outside: NetworkAddress) {
    translated[inside] = outside
    homes[outside] = homes[inside]
  }

  private func chance(_ thousandths: Int) -> Bool {
    thousandths > 0 && Int(random.next() % 1000) < thousandths
  }

  /// Sends the packets of a train.
  public func carry(_ train: cquic_train, _ bytes: UnsafeRawPointer) {
    guard train.segment <= longest else {
      lostBeside += (Int(train.length) - 1) / Int(train.segment)
      return
    }
    var offset = 0
    while offset < Int(train.length) {
      let count = min(Int(train.segment), Int(train.length) - offset)
      carryOne(train, UnsafeRawBufferPointer(start: bytes + offset, count: count))
      offset += count
    }
  }

  private func carryOne(_ train: cquic_train, _ packet: UnsafeRawBufferPointer) {
    carried += 1
    let to = NetworkAddress(train.remote)
    let from = translated[NetworkAddress(train.local)]?.raw ?? train.local
    let inside = translated.first { $0.value == to }?.key.raw ?? train.remote
    carriedBytes[to, default: 0] += packet.count
    guard let target = homes[to], !filter(packet, to), !chance(faults.loss) else { return }
    for _ in 0...(chance(faults.duplication) ? 1 : 0) {
      let extra = chance(faults.reordering) ? random.next() % (5 * delay + 1) : 0
      order += 1
      let flight = Flight(
        time: now + delay + extra, order: order, target: target,
        arrival: (inside, from, train.ecn != 0 && chance(faults.congestion) ? 3 : train.ecn), bytes: Array(packet))
      let place = flights.partitioningIndex { ($0.time, $0.order) > (flight.time, flight.order) }
      flights.insert(flight, at: place)
    }
  }

  /// Puts a packet in as if somebody at `from` had sent it.
  public func inject(_ bytes: [UInt8], from: NetworkAddress, to: NetworkAddress) {
    var train = cquic_train()
    train.local = from.raw
    train.remote = to.raw
    train.length = UInt32(bytes.count)
    train.segment = UInt16(bytes.count)
    bytes.withUnsafeBytes { if let base = $0.baseAddress { carry(train, base) } }
  }

  /// Runs until `done`, or nothing is due, or the clock passes `limit` seconds from now. True when done.
  @discardableResult
  public func run(seconds limit: Double = 60, until done: () -> Bool) -> Bool {
    let end = now + UInt64(limit * 1e9)
    var steps = 0
    while !done() {
      steps += 1
      let endpoints = endpoints
      for endpoint in endpoints where endpoint.nextDeadline <= now { endpoint.poll(now: now) }
      if let first = flights.first, first.time <= now {
        deliver()
        continue
      }
      if done() { return true }
      let next = min(endpoints.map(\.nextDeadline).min() ?? .max, flights.first?.time ?? .max)
      guard next < end else { return false }
      now = max(now, next)
    }
    return true
  }

  private func deliver() {
    var count = 0
    while count < flights.count, flights[count].time <= now { count += 1 }
    let due = flights[..<count]
    flights.removeFirst(count)
    for flight in due {
      flight.bytes.withUnsafeBufferPointer { bytes in
        let arrival = cquic_arrival(
          local: flight.arrival.local, remote: flight.arrival.remote, bytes: bytes.baseAddress,
          length: UInt32(bytes.count), segment: UInt16(bytes.count), ecn: flight.arrival.ecn, reserved: 0)
        flight.target.receive(arrival, now: now)
      }
    }
  }
}

/// The way from an endpoint into a network in memory.
public final class VirtualSink: PacketSink {
  /// Where packets go.
  public unowned let network: VirtualNetwork
  /// Takes nothing while set.
  public var isBlocked = false

  /// A way into that network.
  public init(_ network: VirtualNetwork) { self.network = network }

  public override func send(_ train: UnsafePointer<cquic_train>, _ bytes: UnsafeRawPointer) -> Int {
    guard !isBlocked else { return 0 }
    network.carry(train.pointee, bytes)
    return Int(train.pointee.length)
  }
}

extension Array {
  /// The first index at which `predicate` holds, which is false before and true after it.
  fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
