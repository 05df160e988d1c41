// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import HTXQUIC

/// Somebody who asks many things on one connection, and keeps the answers in the order in which they come.
final class Asker: HTTP3Handler {
  struct Answer: Equatable {
    let path: String
    let fields: [HTTPField]
    var body: [UInt8] = []
    var status: String { fields.first(":status") ?? "" }
  }

  private(set) var answers: [Answer] = []
  private(set) var connection: HTTP3Connection?
  private var paths: [Int64: String] = [:]
  private var places: [Int64: Int] = [:]
  private var bodies: [Int64: UnsafeMutableBufferPointer<UInt8>] = [:]

  deinit { for body in bodies.values { body.deallocate() } }

  override func opened(_ connection: HTTP3Connection) { self.connection = connection }
  override func over(_ connection: HTTP3Connection, _ reason: CloseReason) { self.connection = nil }

  /// Sends a request: without a body, with one that never ends (`isOpen`), or with `body`.
  func ask(_ method: String, _ path: String, _ more: [HTTPField] = [], isOpen: Bool = false, body: String? = nil) {
    let fields =
      [
        HTTPField(":method", method), HTTPField(":scheme", "https"), HTTPField(":authority", "example.org"),
        HTTPField(":path", path),
      ] + more
    guard let stream = connection?.ask(fields, hasBody: isOpen || body != nil) else { return }
    paths[stream] = path
    guard let body else { return }
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: body.utf8.count)
    _ = bytes.initialize(from: body.utf8)
    bodies[stream] = bytes
  }

  override func fill(
    _ connection: HTTP3Connection, stream: Int64, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int
  ) -> HTTP3Fill {
    guard let body = bodies[stream] else { return .wait }
    vectors[0] = cquic_vector(bytes: body.baseAddress, length: body.count)
    return .last(1)
  }

  override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    places[stream] = answers.count
    answers.append(Answer(path: paths[stream] ?? "", fields: head.fields))
  }

  override func data(_ connection: HTTP3Connection, stream: Int64, _ bytes: UnsafeRawBufferPointer) -> Int {
    if let place = places[stream] { answers[place].body += bytes }
    return bytes.count
  }
}
