// SPDX-License-Identifier: Apache-2.0
import CQUIC
import Glibc
import HTXQUIC

/// Ends QUIC in the middle: whatever is said on the streams of one connection is said again on those of another, so that a
/// ticket passes and only the two TLS sessions differ.
///
/// usage: quic-middle PORT CERTIFICATE KEY BEHIND, with the pin of the site behind as 64 hexadecimal digits in `PIN`.
@main
struct Main {
  static func main() throws {
    let words = CommandLine.arguments
    guard words.count == 5, let port = UInt16(words[1]), let behind = UInt16(words[4]), let pin = environmentPin else {
      exit(2)
    }
    let site = NetworkAddress(v4: (127, 0, 0, 1), port: behind)
    let front = try UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: port))
    let back = try UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0))
    let shown = try Credentials(.files(certificate: words[2], key: words[3]), protocols: ["h3"])
    let plain = try Credentials(.authorities(nil), protocols: ["h3"])
    let peer = PeerIdentity(name: "localhost", pins: [pin])
    guard let far = Endpoint(plain, EndpointOptions(), sink: back) else { exit(1) }
    let near = Endpoint(shown, EndpointOptions(), sink: front) { _ in
      let (inner, outer) = (Side("out"), Side("in"))
      inner.pair(with: outer)
      guard far.connect(to: site, from: back.address, peer, outer, now: now()) != nil else { return nil }
      return inner
    }
    guard let near else { exit(1) }
    tell("ready\n")
    while true {
      for (socket, endpoint) in [(front, near), (back, far)] {
        _ = socket.receive(into: endpoint, bytes: 1 << 20, now: now())
        if socket.isFull { endpoint.writable() }
        endpoint.poll(now: now())
      }
      usleep(500)
    }
  }

  /// Nanoseconds of the monotonic clock.
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  private static var environmentPin: KeyPin? {
    guard let text = getenv("PIN") else { return nil }
    let digits = String(cString: text).compactMap(\.hexDigitValue)
    guard digits.count == 64 else { return nil }
    return KeyPin(stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
  }
}
