// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshNode

/// What the application asks of a peer, as far as it is the same whenever the request is made.
struct RequestWish {
  let id: UInt64
  let peer: Peer
  let preamble: StreamPreamble
  let isIdempotent: Bool
  /// Sixteen bytes, or nil.
  let key: [UInt8]?
  /// Monotonic nanoseconds.
  let deadline: UInt64
}
