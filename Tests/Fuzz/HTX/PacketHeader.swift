// SPDX-License-Identifier: Apache-2.0
// Modules: HTXQUIC=Plugins/HTX/QUIC
import CQUIC
import HTXQUIC

/// What stands above nothing: a client that comes gets a handler that ignores it.
private final class Silence: PacketSink {}

nonisolated(unsafe) private var endpoint: Endpoint?
nonisolated(unsafe) private var clock: UInt64 = 1_000_000_000

/// Datagrams from nowhere: the header alone, then an endpoint that listens. Four bytes say how they are cut.
@c(LLVMFuzzerTestOneInput)
public func fuzzPackets(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard let data, size > 4 else { return 0 }
  let packet = UnsafeRawBufferPointer(start: data + 4, count: size - 4)
  if let header = PacketHeader(packet) {
    precondition(header.destination.upperBound <= packet.count && header.source.upperBound <= packet.count)
  }
  if endpoint == nil {
    guard let credentials = try? Credentials(.selfMade(name: "fuzz"), protocols: ["h3"]) else { return 0 }
    var options = EndpointOptions()
    options.retryThreshold = 2
    endpoint = [UInt8](repeating: 1, count: 32).withUnsafeBytes { secret in
      Endpoint(credentials, options, sink: Silence(), secret: secret) { _ in ConnectionHandler() }
    }
  }
  guard let endpoint else { return 0 }
  let address = NetworkAddress(v4: (192, 0, 2, data[0]), port: 9).raw
  // A datagram that can begin a connection has 1,200 bytes.
  var padded = [UInt8](packet)
  if data[1] & 1 == 1, padded.count < 1200 { padded += [UInt8](repeating: 0, count: 1200 - padded.count) }
  padded.withUnsafeBufferPointer { bytes in
    let segment = data[1] & 2 == 2 ? UInt16(data[2]) + 1 : UInt16(clamping: bytes.count)
    endpoint.receive(
      cquic_arrival(
        local: address, remote: address, bytes: bytes.baseAddress, length: UInt32(bytes.count), segment: segment,
        ecn: data[3] & 3, reserved: 0), now: clock)
  }
  clock += 10_000_000
  endpoint.poll(now: clock)
  precondition(endpoint.connections <= endpoint.options.connectionLimit)
  return 0
}
