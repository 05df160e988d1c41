// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// A UDP socket that sends and receives in trains where the kernel can (UDP_SEGMENT and UDP_GRO), and packet by packet
/// where it cannot.
public final class UDPSocket: PacketSink {
  /// Why a socket cannot be used.
  public struct Failure: Error, Sendable {
    /// Of errno.
    public let code: Int32
  }

  /// Ready for reading when packets are there; after a `send` that took less than all, ready for writing when it takes
  /// more.
  public let descriptor: Int32
  /// Where it is bound.
  public let address: NetworkAddress
  /// Whether the kernel cuts trains. It turns false when a path shows that it does not.
  public var cutsTrains: Bool { features & UInt32(CQUIC_UDP_SEGMENTS) != 0 }
  /// Whether the kernel joins packets.
  public var joinsPackets: Bool { features & UInt32(CQUIC_UDP_COALESCES) != 0 }
  /// What the ids of its connections are to be marked with; nil unless another socket had the address.
  public var tag: ConnectionTag? { features & UInt32(CQUIC_UDP_DIVIDED) != 0 ? offered : nil }
  /// The last failure of a call, 0 for none; packets it concerned are lost.
  public private(set) var lastFailure: Int32 = 0
  /// Whether packets wait for the socket to take them.
  public private(set) var isFull = false

  private let offered: ConnectionTag?
  private var features: UInt32 = 0
  /// Calls in a row that found one packet and no more.
  private var lonely: UInt = 0
  /// More than this is a train.
  private static let packetBytes = 2048
  /// What a packet counts at least.
  private static let leastBytes = 512
  private let memory: UnsafeMutablePointer<UInt8>
  private let arrivals: UnsafeMutablePointer<cquic_arrival>

  /// Binds to `address`; port 0 takes any. `buffer` is the size asked for in the kernel, in bytes. `batches` false does
  /// without trains, for comparison. With a `tag`, a later socket of this process may join this one on its address; with
  /// `joins`, this one joins another if that is there, and gets the first packets of connections and those of the tag.
  public init(
    bound address: NetworkAddress, buffer: UInt32 = 4 << 20, batches: Bool = true, tag: ConnectionTag? = nil,
    joins: Bool = false
  ) throws(Failure) {
    offered = tag
    var local = address.raw
    let without = batches ? 0 : UInt32(CQUIC_UDP_SEGMENTS | CQUIC_UDP_COALESCES)
    let opened: Int32
    if var raw = tag?.raw {
      opened = cquic_udp_open_shared(&local, buffer, without, &raw, joins ? 1 : 0, &features)
    } else {
      opened = cquic_udp_open(&local, buffer, without, &features)
    }
    guard opened >= 0 else { throw Failure(code: -opened) }
    descriptor = opened
    let status = cquic_udp_local(opened, &local)
    memory = .allocate(capacity: Int(CQUIC_UDP_BATCH) * Int(CQUIC_UDP_DATAGRAM))
    arrivals = .allocate(capacity: Int(CQUIC_UDP_BATCH))
    arrivals.initialize(repeating: cquic_arrival(), count: Int(CQUIC_UDP_BATCH))
    self.address = NetworkAddress(local)
    super.init()
    guard status == 0 else { throw Failure(code: -status) }
  }

  deinit {
    cquic_udp_close(descriptor)
    memory.deallocate()
    arrivals.deallocate()
  }

  public override func send(_ train: UnsafePointer<cquic_train>, _ bytes: UnsafeRawPointer) -> Int {
    let sent = cquic_udp_send(descriptor, train, bytes.assumingMemoryBound(to: UInt8.self), &features)
    guard sent >= 0 else {
      lastFailure = Int32(-sent)
      return Int(train.pointee.length)
    }
    isFull = sent < Int64(train.pointee.length)
    return Int(sent)
  }

  /// Hands what has come to `endpoint`, `bytes` of it and the rest of the last call. Returns whether there may be more.
  public func receive(into endpoint: Endpoint, bytes: Int = 1 << 22, now: UInt64) -> Bool {
    var left = bytes
    // Two at first: one alone then needs no second call to show that it is. Where it was for some time, one is asked for,
    // which is cheaper; every eighth call looks whether that is still so.
    let isSparse = lonely >= 8 && lonely & 7 != 0
    var limit = isSparse ? 1 : max(2, min(left / Int(CQUIC_UDP_DATAGRAM), Int(CQUIC_UDP_BATCH)))
    var isFirst = true
    while left > 0 {
      let count = take(limit, into: endpoint, &left, now: now)
      if isFirst {
        isFirst = false
        let isAlone = count == 1 && bytes - left <= Self.packetBytes
        lonely = isAlone ? lonely &+ 1 : 0
        if isAlone, isSparse { return true }
      }
      guard count == limit else { return false }
      // What small packets leave of the bytes is for the next call.
      limit = max(1, min(left * count / max(bytes - left, 1), Int(CQUIC_UDP_BATCH)))
    }
    return true
  }

  /// One call: how much came, at most `limit`; 0 also when it failed.
  private func take(_ limit: Int, into endpoint: Endpoint, _ left: inout Int, now: UInt64) -> Int {
    var local = address.raw
    let count = Int(cquic_udp_receive(descriptor, &local, memory, arrivals, UInt32(limit)))
    guard count >= 0 else {
      lastFailure = Int32(-count)
      return 0
    }
    for index in 0..<count {
      let (length, segment) = (Int(arrivals[index].length), max(Int(arrivals[index].segment), 1))
      // Small packets cost more than their bytes.
      left -= max(length, Self.leastBytes * max(1, (length + segment - 1) / segment))
      endpoint.receive(arrivals[index], now: now)
    }
    return count
  }
}
