// SPDX-License-Identifier: Apache-2.0
import HTXSite
import HTXTickets
import MeshCrypto
import Testing

@testable import HTXTCP

/// What happened on one side of a link.
final class RecordingHandler: LaneHandler {
  var gate: TicketGate?
  var now: Int64 = 500_000 * 3600
  var verdicts: [String] = []
  var isSettled = true
  var isOpen = false
  var ends: [LaneEnd] = []
  var arrived = [[UInt8]](repeating: [], count: LaneNumbers.count)
  var waiting = [[UInt8]](repeating: [], count: LaneNumbers.count)
  var isClosing = false

  /// What the other end is told, and whether it has said the same before the link was up.
  var isPaddingTaken = true
  private(set) var mayPadAtOpening = false
  private var hasHeard = false
  override var takesPadding: Bool { isPaddingTaken }
  override func mayPad() { hasHeard = true }

  override func judge(_ candidates: [String]) -> TicketVerdict {
    let outcome = gate?.judge(candidates, from: NetworkPrefix(address: [192, 0, 2, 1]), unixSeconds: now, now: 0)
    switch outcome {
    case nil:
      verdicts.append("none")
      return .decoy
    case .failure(let refusal):
      verdicts.append(refusal.rawValue)
      return .decoy
    case .success:
      verdicts.append("admitted")
      isSettled = false
      return .wait
    }
  }

  override func opened() {
    isOpen = true
    mayPadAtOpening = hasHeard
  }

  override func received(_ lane: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
    arrived[lane] += bytes
    return bytes.count
  }

  override func fill(_ lane: Int, _ target: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(target.count, waiting[lane].count)
    target.copyBytes(from: waiting[lane][..<count])
    waiting[lane].removeFirst(count)
    return count == 0 && isClosing ? -1 : count
  }

  override func ended(_ end: LaneEnd) { ends.append(end) }
}

/// A client that sends whatever it is told, and keeps every byte of the answers.
final class RawClient: HTTP2Events {
  var connection: HTTP2Connection!
  var body: [UInt8] = []

  override init() {
    super.init()
    connection = HTTP2Connection(isServer: false, self)
  }

  override func fill(_ stream: Int32, _ target: UnsafeMutableRawBufferPointer) -> HTTP2Fill {
    guard !body.isEmpty else { return .wait }
    target.copyBytes(from: body)
    return .last(body.count)
  }

  override func data(_ stream: Int32, _ bytes: UnsafeRawBufferPointer) { connection.consume(stream, bytes.count) }

  /// Asks once; the pieces that the server sends, as they come.
  func ask(_ server: ServerConnection, _ fields: [(String, String)], form: String? = nil) -> [[UInt8]] {
    body = Array((form ?? "").utf8)
    let pseudo = [(":scheme", "https"), (":authority", "example.org")]
    _ = connection.ask(pseudo + fields, hasBody: form != nil)
    var pieces: [[UInt8]] = []
    var isMoving = true
    while isMoving {
      isMoving = false
      while let bytes = connection.send() {
        isMoving = true
        #expect(server.receive(bytes))
      }
      while let bytes = server.send() {
        isMoving = true
        pieces.append(Array(bytes))
        #expect(connection.receive(bytes))
      }
    }
    return pieces
  }
}
