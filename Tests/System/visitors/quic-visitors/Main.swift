// SPDX-License-Identifier: Apache-2.0
import CQUIC
import Glibc
import HTXQUIC

/// Bad visitors of a site over QUIC, of every kind at once, each kind from a network of its own.
///
/// usage: quic-visitors PORT SECONDS [KIND...]. Prints how often each kind was at work, and how often it was cut off.
@main
struct Main {
  /// The visitors of one kind, and where they come from.
  final class Crowd {
    let kind: Kind
    let octet: UInt8
    var homes: [(socket: UDPSocket, endpoint: Endpoint, abusers: [Abuser], silentAt: UInt64)] = []
    var began = 0
    var cut = 0

    init(_ kind: Kind, octet: UInt8) {
      self.kind = kind
      self.octet = octet
    }
  }

  static func main() throws {
    guard CommandLine.arguments.count >= 3, let port = UInt16(CommandLine.arguments[1]),
      let seconds = UInt64(CommandLine.arguments[2])
    else { exit(2) }
    let target = NetworkAddress(v4: (127, 0, 0, 1), port: port)
    let credentials = try Credentials(.authorities(nil), protocols: ["h3"])
    let pin = CommandLine.environmentPin
    let wanted = CommandLine.arguments.dropFirst(3)
    let kinds = Kind.allCases.filter { wanted.isEmpty || wanted.contains($0.rawValue) }
    let crowds = kinds.enumerated().map { Crowd($1, octet: UInt8($0 + 101)) }
    let end = now() + seconds * 1_000_000_000
    var nextTick: UInt64 = 0
    let flood = try Datagrams(octet: 100, port: port)
    while now() < end {
      let time = now()
      let isTick = time >= nextTick
      if isTick { nextTick = time + 100_000_000 }
      for crowd in crowds {
        if crowd.kind == .datagrams {
          crowd.began += flood.send()
          continue
        }
        if isTick || crowd.kind == .initials { try renew(crowd, target, credentials, pin, time) }
        for home in crowd.homes {
          if isTick { for abuser in home.abusers { abuser.tick() } }
          // Whoever never reads is there no more once he has asked.
          if crowd.kind == .initials || crowd.kind == .neverReads && time > home.silentAt {
            if home.endpoint.nextDeadline == 0 { home.endpoint.poll(now: time) }
            continue
          }
          _ = home.socket.receive(into: home.endpoint, bytes: 1 << 20, now: time)
          if home.socket.isFull { home.endpoint.writable() }
          home.endpoint.poll(now: time)
        }
      }
      usleep(1000)
    }
    let words = crowds.map { "\($0.kind.rawValue)=\($0.began)/\($0.cut)" }.joined(separator: " ") + "\n"
    _ = words.withCString { write(1, $0, strlen($0)) }
    for crowd in crowds where crowd.began == 0 { exit(1) }
  }

  /// Gives up whoever has had his time, and sends others.
  private static func renew(
    _ crowd: Crowd, _ target: NetworkAddress, _ credentials: Credentials, _ pin: KeyPin?, _ time: UInt64
  ) throws {
    crowd.homes.removeAll { home in
      let isOver = home.abusers.allSatisfy { $0.isOver || time >= $0.deadline }
      if isOver { crowd.cut += home.abusers.reduce(0) { $0 + ($1.wasCut ? 1 : 0) } }
      return isOver
    }
    guard crowd.homes.isEmpty else { return }
    let local = NetworkAddress(v4: (127, crowd.octet, UInt8.random(in: 1...3), 1), port: 0)
    let socket = try UDPSocket(bound: local)
    guard let endpoint = Endpoint(credentials, crowd.kind.options, sink: socket) else { return }
    let abusers = (0..<crowd.kind.connections).map { _ in Abuser(crowd.kind, now: time) }
    for abuser in abusers {
      let peer = PeerIdentity(name: "localhost", pins: pin.map { [$0] } ?? [])
      if endpoint.connect(to: target, from: socket.address, peer, abuser, now: time) != nil { crowd.began += 1 }
    }
    endpoint.poll(now: time)
    crowd.homes.append((socket, endpoint, abusers, time + 50_000_000))
  }

  /// Nanoseconds of the monotonic clock.
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

extension CommandLine {
  /// The id of the site's ticket key, 16 hexadecimal digits in `KEY`.
  static let environmentKey: [UInt8] = {
    let digits = getenv("KEY").map { String(cString: $0).compactMap(\.hexDigitValue) } ?? []
    guard digits.count == 16 else { return [UInt8](repeating: 0, count: 8) }
    return stride(from: 0, to: 16, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }()

  /// The key of the site's certificate, 64 hexadecimal digits in `PIN`: handshakes are not confirmed without.
  static var environmentPin: KeyPin? {
    guard let text = getenv("PIN") else { return nil }
    let digits = String(cString: text).compactMap(\.hexDigitValue)
    guard digits.count == 64 else { return nil }
    return KeyPin(stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
  }
}
