// SPDX-License-Identifier: Apache-2.0
import CLinux
import CQUIC
import Glibc
import HTXHTTP3
import HTXQUIC

/// Sends a body that changes, or one message at a time.
final class Client: HTTP3Handler {
  private let ring: Ring
  private let isBulk: Bool
  private var sum = ByteSum()
  private var counter: UInt64 = 0
  private(set) var sent = 0
  private(set) var answers = 0
  private(set) var answer: String?
  private(set) var stream: Int64 = -1
  var isEnding = false

  init(isBulk: Bool) {
    self.isBulk = isBulk
    ring = isBulk ? Ring(pieces: 64, size: 65_536) : Ring(pieces: 64, size: 64)
  }

  override func opened(_ connection: HTTP3Connection) {
    let fields = [
      HTTPField(":method", "POST"), HTTPField(":scheme", "https"), HTTPField(":authority", "bench"),
      HTTPField(":path", isBulk ? "/sum" : "/echo"),
    ]
    stream = connection.ask(fields, hasBody: true) ?? -1
  }

  override func fill(
    _ connection: HTTP3Connection, stream: Int64, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int
  ) -> HTTP3Fill {
    if isEnding { return .last(0) }
    if isBulk {
      guard !ring.isFull else { return .wait }
      let piece = ring.next()
      for offset in stride(from: 0, to: piece.count, by: 8) {
        counter &+= 0x9E37_79B9_7F4A_7C15
        piece.storeBytes(of: counter, toByteOffset: offset, as: UInt64.self)
      }
      sum.add(UnsafeRawBufferPointer(piece))
      sent += piece.count
    }
    return ring.take(vectors) ? .filled(1) : .wait
  }

  override func acknowledged(_ connection: HTTP3Connection, stream: Int64, count: UInt64) {
    ring.free(Int(count))
    if isBulk { connection.resume(stream) }
  }

  override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    answer = head.fields.first("x-sum")
  }

  override func data(_ connection: HTTP3Connection, stream: Int64, _ bytes: UnsafeRawBufferPointer) -> Int {
    answers += 1
    return bytes.count
  }

  override func over(_ connection: HTTP3Connection, _ reason: CloseReason) {
    if reason.kind != .abandoned { Main.fail("ended: \(reason)") }
  }

  /// Starts a server on one core and measures against it from the other.
  static func measure(_ seconds: Double, _ serverCore: Int, _ clientCore: Int, isBulk: Bool) {
    var pipes: [Int32] = [0, 0]
    var actions = posix_spawn_file_actions_t()
    var child: pid_t = 0
    guard pipe(&pipes) == 0, posix_spawn_file_actions_init(&actions) == 0 else { Main.fail("no pipe") }
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
    let words: [UnsafeMutablePointer<CChar>?] = [
      strdup("bench-http3"), strdup("--serve"), strdup("\(serverCore)"), nil,
    ]
    guard posix_spawn(&child, "/proc/self/exe", &actions, nil, words, environ) == 0 else { Main.fail("no server") }
    defer {
      kill(child, SIGKILL)
      waitpid(child, nil, 0)
    }
    var text = [UInt8](repeating: 0, count: 1024)
    let count = max(0, read(pipes[0], &text, text.count))
    let parts = String(decoding: text.prefix(count), as: UTF8.self).split { $0 == " " || $0 == "\n" }
    guard parts.count == 2, let port = UInt16(parts[0]),
      let pin = KeyPin(parts[1].split(separator: ",").compactMap { UInt8($0) })
    else { Main.fail("the server said nothing of use") }
    clinux_pin_to_cpu(Int32(clientCore))
    run(Client(isBulk: isBulk), port, pin, seconds)
  }

  private static func run(_ client: Client, _ port: UInt16, _ pin: KeyPin, _ seconds: Double) {
    let http = HTTP3Connection(isServer: false, client, requestStreams: 0)
    guard let socket = try? UDPSocket(bound: NetworkAddress(v4: (127, 0, 0, 1), port: 0)),
      let credentials = try? Credentials(.authorities(nil), protocols: [HTTP3Connection.applicationProtocol]),
      let endpoint = Endpoint(credentials, Main.options(), sink: socket),
      endpoint.connect(
        to: NetworkAddress(v4: (127, 0, 0, 1), port: port), from: socket.address,
        PeerIdentity(name: nil, pins: [pin]), http, now: Main.now()) != nil
    else { Main.fail("no connection") }
    Main.drive(socket, endpoint) { client.stream >= 0 }
    let (start, end) = (Main.now(), Main.now() + UInt64(seconds * 1e9))
    if client.isBulk {
      Main.drive(socket, endpoint) { Main.now() >= end }
      client.isEnding = true
      http.resume(client.stream)
      Main.drive(socket, endpoint) { client.answer != nil }
      guard client.answer == "\(client.sum.value)" else { Main.fail("the sum is wrong") }
      figure("bulk-1m", Double(client.sent) * 1e3 / Double(Main.now() - start), "MB/s")
    } else {
      var samples: [UInt64] = []
      while Main.now() < end {
        let before = Main.now()
        let answers = client.answers
        let piece = client.ring.next()
        piece.storeBytes(of: before, as: UInt64.self)
        http.resume(client.stream)
        Main.drive(socket, endpoint) { client.answers > answers }
        samples.append(Main.now() - before)
      }
      samples.sort()
      figure("round-trip-p50", Double(samples[samples.count / 2]) / 1e3, "us")
      figure("round-trip-p99", Double(samples[samples.count * 99 / 100]) / 1e3, "us")
    }
  }

  private static func figure(_ workload: String, _ value: Double, _ unit: String) {
    Main.line(#"{"peer":"http3","workload":"\#(workload)","value":\#(value),"unit":"\#(unit)"}"#)
  }
}
