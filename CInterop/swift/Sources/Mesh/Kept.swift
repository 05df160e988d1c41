// SPDX-License-Identifier: Apache-2.0
import CMesh

/// What `Node.keep` keeps: bytes without a copy, for as long as this value lives. A message counts as delivered when it
/// ends. It cannot outlive its node.
public struct Kept: ~Copyable, ~Escapable {
  let handle: OpaquePointer
  let number: UInt64
  let event: mesh_event

  @_lifetime(borrow node)
  init(node: borrowing Node, number: UInt64, event: mesh_event) {
    self.handle = node.handle
    self.number = number
    self.event = event
  }

  /// The body or piece.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let buffer = UnsafeRawBufferPointer(start: event.data, count: Int(event.len))
      return _overrideLifetime(RawSpan(_unsafeBytes: buffer), borrowing: self)
    }
  }

  deinit { mesh_release(handle, number) }
}
