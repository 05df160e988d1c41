// SPDX-License-Identifier: Apache-2.0

/// What happens on an HTTP/2 connection. A class with empty methods, so that a call per frame needs no existential.
class HTTP2Events {
  /// A head begins on a stream. Nothing more is told of that of an interim answer (1xx).
  func begin(_ stream: Int32) {}
  /// One of its fields.
  func field(_ stream: Int32, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {}
  /// The head is whole.
  func head(_ stream: Int32, ends: Bool) {}
  /// Bytes of a body, lent; `HTTP2Connection.consume` gives them back to the windows.
  func data(_ stream: Int32, _ bytes: UnsafeRawBufferPointer) {}
  /// The body is whole.
  func end(_ stream: Int32) {}
  /// The stream is gone.
  func closed(_ stream: Int32, code: UInt32) {}
  /// Bytes of a body of this side.
  func fill(_ stream: Int32, _ target: UnsafeMutableRawBufferPointer) -> HTTP2Fill { .wait }
}

/// What `HTTP2Events.fill` has to say.
enum HTTP2Fill {
  /// So many bytes were written, and more follow.
  case bytes(Int)
  /// So many bytes were written, and they were the last.
  case last(Int)
  /// Nothing now; `HTTP2Connection.resume` says when.
  case wait
  /// The stream is to be reset.
  case fail
}
