// SPDX-License-Identifier: Apache-2.0
@testable import HTXTCP

/// A server that takes lanes only once it has answered the ticket, which it does after it has turned all of them away.
final class HastyStreams: HTTP2Events {
  private(set) var connection: HTTP2Connection!
  private(set) var refused = 0
  /// Lanes are turned away for ever.
  private let isClosed: Bool
  private var method = ""
  private var ticket: Int32?
  private var isAnswered = false

  init(isClosed: Bool) {
    self.isClosed = isClosed
    super.init()
    connection = HTTP2Connection(isServer: true, self)
  }

  override func field(_ stream: Int32, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    if name.elementsEqual(":method".utf8) { method = String(decoding: value, as: UTF8.self) }
  }

  override func head(_ stream: Int32, ends: Bool) {
    guard method == "POST" else {
      ticket = stream
      return
    }
    guard !isAnswered || isClosed else { return connection.answer(stream, [(":status", "200")], hasBody: true) }
    refused += 1
    connection.answer(stream, [(":status", "405")], hasBody: false, isCut: true)
    guard refused == LaneNumbers.count, let ticket else { return }
    isAnswered = true
    connection.answer(ticket, [(":status", "200")], hasBody: false)
  }
}
