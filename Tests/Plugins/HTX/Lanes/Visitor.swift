// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import HTXQUIC

/// Somebody who asks once, and keeps everything of the answer.
final class Visitor: HTTP3Handler {
  private let form: UnsafeMutableBufferPointer<UInt8>?
  private let fields: [HTTPField]
  private(set) var head: HTTP3Head?
  private(set) var body: [UInt8] = []
  private(set) var isWhole = false
  var isOpen = false
  private(set) var connection: HTTP3Connection?

  init(_ method: String, _ path: String, _ more: [HTTPField] = [], form text: String? = nil) {
    fields =
      [
        HTTPField(":method", method), HTTPField(":scheme", "https"), HTTPField(":authority", "example.org"),
        HTTPField(":path", path),
      ] + more
    form = text.map { text in
      let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
      _ = bytes.initialize(from: text.utf8)
      return bytes
    }
  }

  deinit { form?.deallocate() }

  override func opened(_ connection: HTTP3Connection) {
    self.connection = connection
    isOpen = true
  }

  func ask() { _ = connection?.ask(fields, hasBody: form != nil) }

  override func fill(
    _ connection: HTTP3Connection, stream: Int64, _ vectors: UnsafeMutablePointer<cquic_vector>, limit: Int
  ) -> HTTP3Fill {
    guard let form else { return .last(0) }
    vectors[0] = cquic_vector(bytes: form.baseAddress, length: form.count)
    return .last(1)
  }

  override func head(_ connection: HTTP3Connection, stream: Int64, _ head: HTTP3Head, isFinal: Bool) {
    self.head = head
  }

  override func data(_ connection: HTTP3Connection, stream: Int64, _ bytes: UnsafeRawBufferPointer) -> Int {
    body += bytes
    return bytes.count
  }

  override func ended(_ connection: HTTP3Connection, stream: Int64) { isWhole = true }
  override func over(_ connection: HTTP3Connection, _ reason: CloseReason) { self.connection = nil }
}
