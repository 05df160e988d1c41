// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// What nghttp3 has written of streams before it could be sent, in the order in which it goes out. The bytes are nghttp3's:
/// they stay until they are acknowledged or their stream is closed.
struct HTTP3Ahead {
  private struct Piece {
    var out: cquic_outgoing
    /// Its stream has no credit.
    var isRefused = false
  }

  private var pieces: [Piece] = []
  /// The place of the piece that was offered last; -1 when it was none of these.
  private var offered = -1

  var isEmpty: Bool { pieces.isEmpty }
  /// Whether what was pulled last is from here.
  var isOffering: Bool { offered >= 0 }

  mutating func append(_ out: cquic_outgoing) { pieces.append(Piece(out: out)) }

  /// Puts the first piece into `out` of which nothing waits for credit; false without one.
  mutating func offer(_ out: UnsafeMutablePointer<cquic_outgoing>) -> Bool {
    offered =
      pieces.indices.first { place in
        !pieces[...place].contains { $0.isRefused && $0.out.stream == pieces[place].out.stream }
      } ?? -1
    guard isOffering else { return false }
    out.pointee = pieces[offered].out
    return true
  }

  /// So many bytes of what was offered are in a packet.
  mutating func took(_ count: Int) {
    guard isOffering else { return }
    if pieces[offered].out.remove(first: count) { pieces.remove(at: offered) }
    offered = -1
  }

  /// The stream has no credit for what was offered, or for the rest of it.
  mutating func refused(_ stream: Int64) {
    for place in pieces.indices where pieces[place].out.stream == stream { pieces[place].isRefused = true }
    offered = -1
  }

  /// A stream has credit.
  mutating func credited(_ stream: Int64) {
    for place in pieces.indices where pieces[place].out.stream == stream { pieces[place].isRefused = false }
  }

  /// A stream is over, and its bytes are gone.
  mutating func drop(_ stream: Int64) {
    pieces.removeAll { $0.out.stream == stream }
    offered = -1
  }
}

extension cquic_outgoing {
  /// Takes bytes off the front; true when none are left.
  fileprivate mutating func remove(first bytes: Int) -> Bool {
    let used = Int(count)
    var (taken, kept) = (bytes, 0)
    withUnsafeMutableBytes(of: &vectors) { raw in
      let all = raw.bindMemory(to: cquic_vector.self)
      for index in 0..<used {
        let part = min(taken, all[index].length)
        taken -= part
        guard part < all[index].length else { continue }
        all[kept] = cquic_vector(bytes: all[index].bytes.map { $0 + part }, length: all[index].length - part)
        kept += 1
      }
    }
    count = UInt32(kept)
    return kept == 0
  }
}
