// SPDX-License-Identifier: Apache-2.0

import MeshMultiplexer
import MeshWire

/// A stream of a conversation that is over, of which an application still holds messages: a copy of one of these waits with
/// its carrier until the application has released it, or has gone.
final class LateStream: LateReleases {
  /// Names it among those of a peer, as in the window.
  struct Key: Hashable {
    var peer: NodeID
    var stream: UInt64
  }

  let key: Key
  let conversation: SessionPlace.Conversation
  let stream: UInt64
  /// From the first that is held to behind the last.
  private(set) var offsets: Range<UInt64>
  /// Set to nil before it goes.
  unowned(unsafe) var carriage: Carriage?

  init(
    _ key: Key, _ conversation: SessionPlace.Conversation, stream: UInt64, offsets: Range<UInt64>, of carriage: Carriage
  ) {
    self.key = key
    self.conversation = conversation
    self.stream = stream
    self.offsets = offsets
    self.carriage = carriage
  }

  func progress(of offset: UInt64) -> MessageProgress? {
    offset < offsets.lowerBound ? .released : offset < offsets.upperBound ? .held : nil
  }

  func released(_ bytes: Int) {
    let left = offsets.upperBound - offsets.lowerBound
    offsets = (offsets.lowerBound + min(UInt64(max(bytes, 0)), left))..<offsets.upperBound
    carriage?.lateReleased(self)
  }

  func dropped() {
    carriage?.forget(self)
    carriage = nil
  }
}
