// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import HTXQUIC

/// A handler that keeps what it gets and sends bodies that it was given, piece by piece.
final class WebEnd: HTTP3Handler {
  /// Bytes to send, kept in place until they are acknowledged.
  final class Body {
    private var pieces: [UnsafeMutableBufferPointer<UInt8>] = []
    private var next = 0
    private(set) var acknowledged = 0
    var isWhole: Bool
    var breaks = false

    init(_ bytes: [UInt8] = [], isWhole: Bool) {
      self.isWhole = isWhole
      append(bytes)
    }

    deinit { for piece in pieces { piece.deallocate() } }

    func append(_ bytes: [UInt8]) {
      guard !bytes.isEmpty else { return }
      let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
      _ = piece.initialize(from: bytes)
      pieces.append(piece)
    }

    func acknowledge(_ count: UInt64) { acknowledged += Int(count) }

    func fill(_ vectors: UnsafeMutablePointer<cquic_vector>, _ limit: Int) -> HTTP3Fill {
      if breaks { return .broken }
      var count = 0
      while count < limit, next < pieces.count {
        vectors[count] = cquic_vector(bytes: pieces[next].baseAddress, length: pieces[next].count)
        count += 1
        next += 1
      }
      if isWhole, next == pieces.count { return .last(count) }
      return count > 0 ? .filled(count) : .wait
    }
  }

  var heads: [Int64: [HTTP3Head]] = [:]
  var bodies: [Int64: [UInt8]] = [:]
  var whole: Set<Int64> = []
  var errors: [Int64: UInt64] = [:]
  var sending: [Int64: Body] = [:]
  var isOpen = false
  var isGoingAway = false
  var reason: CloseReason?
  /// Streams whose bytes get no credit.
  var isReading: (Int64) -> Bool = { _ in true }
  var onHead: (HTTP3Connection, Int64, HTTP3Head) -> Void = { _, _, _ in }
  var onData: (HTTP3Connection, Int64, [UInt8]) -> Void = { _, _, _ in }
  private(set) var connection: HTTP3Connection?

  func status(_ stream: Int64) -> String? { heads[stream]?.last?.fields.first(":status") }

  override func opened(_ connection: HTTP3Connection) {
    isOpen = true
    self.connection = connection
  }

  override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    heads[stream, default: []].append(head)
    onHead(connection, stream, head)
  }

  override func data(_ connection: HTTP3Connection, stream: Int64, _ bytes: UnsafeRawBufferPointer) -> Int {
    bodies[stream, default: []].append(contentsOf: bytes)
    onData(connection, stream, Array(bytes))
    return isReading(stream) ? bytes.count : 0
  }

  override func ended(_ connection: HTTP3Connection, stream: Int64) { whole.insert(stream) }

  override func closed(_ connection: HTTP3Connection, stream: Int64, error: UInt64) {
    errors[stream] = error
    sending[stream] = nil
  }

  override func fill(
    _ connection: HTTP3Connection, stream: Int64, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int
  ) -> HTTP3Fill { sending[stream]?.fill(vectors, limit) ?? .last(0) }

  override func acknowledged(_ connection: HTTP3Connection, stream: Int64, count: UInt64) {
    sending[stream]?.acknowledge(count)
  }

  override func goingAway(_ connection: HTTP3Connection) { isGoingAway = true }

  override func over(_ connection: HTTP3Connection, _ reason: CloseReason) {
    self.reason = reason
    self.connection = nil
  }
}
