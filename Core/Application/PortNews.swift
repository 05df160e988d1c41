// SPDX-License-Identifier: Apache-2.0

/// What happened on the node while the sink was full: of each peer and transport the newest, so that it cannot grow.
struct PortNews {
  struct OfPeer {
    var restart: PortEvent?
    var link: PortEvent?
    var state: PortEvent?

    var isEmpty: Bool { restart == nil && link == nil && state == nil }
  }

  /// By the peer's number, in the order of the first news.
  var peers: [UInt64: OfPeer] = [:]
  /// By the transport's number.
  var transports: [Int: PortEvent] = [:]
  /// Log lines that were left out.
  var lostLines = 0

  var isEmpty: Bool { peers.isEmpty && transports.isEmpty && lostLines == 0 }
}
