// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTXHTTP3
import HTXQUIC

/// A small site over HTTP/3 and a client for it, so that implementations of others can be pointed at both.
///
/// `--listen address:port [--retry]` serves one page; `--get address:port path [--pin hex]` fetches one and prints its
/// status and body. Without a pin any authority of the system has to vouch for the server.
@main
struct Main {
  static func main() {
    let arguments = CommandLine.arguments
    if let text = value(of: "--listen", in: arguments), let address = address(text) {
      var options = EndpointOptions()
      if arguments.contains("--retry") { options.retryThreshold = 0 }
      run { try Site.serve(address, options) }
    } else if let text = value(of: "--get", in: arguments), let address = address(text), let path = arguments.last {
      let pin = value(of: "--pin", in: arguments).flatMap(pin)
      run { try Fetch.get(address, path: path.hasPrefix("/") ? path : "/", pin: pin) }
    } else {
      fail("usage: http3-site --listen address:port [--retry] | --get address:port [--pin hex] /path")
    }
  }

  private static func run(_ body: () throws -> Void) {
    do { try body() } catch let error as CredentialsError {
      fail(error.sentence)
    } catch { fail("no socket: \(error)") }
  }

  private static func value(of option: String, in arguments: [String]) -> String? {
    guard let index = arguments.firstIndex(of: option), index + 1 < arguments.count else { return nil }
    return arguments[index + 1]
  }

  private static func address(_ text: String) -> NetworkAddress? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let port = UInt16(parts[1]) else { return nil }
    let octets = parts[0].split(separator: ".").compactMap { UInt8($0) }
    guard octets.count == 4 else { return nil }
    return NetworkAddress(v4: (octets[0], octets[1], octets[2], octets[3]), port: port)
  }

  private static func pin(_ hex: String) -> KeyPin? {
    let digits = hex.compactMap(\.hexDigitValue)
    guard digits.count == 64 else { return nil }
    return KeyPin(stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
  }

  static func line(_ text: String, to descriptor: Int32 = 1) {
    let bytes = Array((text + "\n").utf8)
    _ = write(descriptor, bytes, bytes.count)
  }

  static func fail(_ sentence: String) -> Never {
    line(sentence, to: 2)
    exit(1)
  }

  /// Nanoseconds of the monotonic clock.
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Runs an endpoint on its socket until `done`.
  static func drive(_ socket: UDPSocket, _ endpoint: Endpoint, until done: () -> Bool) {
    while !done() {
      let due = endpoint.nextDeadline
      let time = now()
      let wait = due <= time ? 0 : Int32(min(1000, (due - time) / 1_000_000 + 1))
      let events = Int16(POLLIN) | (socket.isFull ? Int16(POLLOUT) : 0)
      var descriptor = pollfd(fd: socket.descriptor, events: events, revents: 0)
      poll(&descriptor, 1, wait)
      _ = socket.receive(into: endpoint, now: now())
      if socket.isFull { endpoint.writable() }
      endpoint.poll(now: now())
    }
  }
}
