// SPDX-License-Identifier: Apache-2.0

import MeshSession

extension Multiplexer: CustomStringConvertible {
  /// The state of flow control and of every open stream, for people who look for what is stuck.
  public var description: String {
    var text =
      "session sent \(sessionSent) of \(sessionPeerReleased + peer.sessionWindow), received \(sessionReceived), "
      + "released \(sessionReleased) told \(sessionAdvertised), extended \(extendedSlot.map(String.init) ?? "none")"
    for stream in streams where stream.isOpen {
      text +=
        "\n  \(stream.isLocal ? "our" : "their") \(stream.kind) stream \(stream.id) \(stream.name): "
        + "sent \(stream.sent) of \(stream.ring.end), limit \(stream.limit(window: peer.streamWindow)), "
        + "confirmed \(stream.confirmed), lost \(stream.lost.count), "
        + "received \(stream.buffer.next)+\(stream.buffer.available.count) of \(stream.highest), "
        + "released \(stream.released) told \(stream.advertised)"
        + (stream.isPaused ? ", paused" : "") + (stream.isQueued ? ", queued" : "")
        + (stream.finQueued ? ", end queued" : "") + (stream.finalSize.map { ", ends at \($0)" } ?? "")
    }
    return text
  }
}
