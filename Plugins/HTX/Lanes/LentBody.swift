// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import HTXSite

/// The body of an answer of the site, in pieces that stay in place until they are acknowledged. How many there are at a
/// time is bounded by what may be on the way to the other end.
struct LentBody {
  /// Bytes of a piece.
  private static let step: Int64 = 16_384

  private var source: SiteBody
  private var position: Int64 = 0
  private var pieces: [UnsafeMutableRawBufferPointer] = []
  /// Bytes of the first piece that are acknowledged.
  private var acknowledgedBytes = 0
  /// Bytes of all pieces.
  private(set) var held = 0

  init(_ source: SiteBody = .none) { self.source = source }

  /// One piece more, or the end.
  mutating func fill(_ vectors: UnsafeMutablePointer<cquic_vector>) -> HTTP3Fill {
    let wanted = Int(min(source.count - position, Self.step))
    guard wanted > 0 else { return .last(0) }
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: wanted, alignment: 16)
    // A file that has become shorter cannot be sent as it was announced.
    guard source.read(at: position, into: piece) == wanted else {
      piece.deallocate()
      return .broken
    }
    pieces.append(piece)
    held += wanted
    position += Int64(wanted)
    vectors[0] = cquic_vector(bytes: piece.baseAddress?.assumingMemoryBound(to: UInt8.self), length: wanted)
    guard position == source.count else { return .filled(1) }
    // A file is open as long as somebody has it.
    source = .none
    return .last(1)
  }

  mutating func acknowledged(_ count: Int) {
    acknowledgedBytes += count
    while let first = pieces.first, acknowledgedBytes >= first.count {
      acknowledgedBytes -= first.count
      held -= first.count
      pieces.removeFirst().deallocate()
    }
  }

  /// Gives the memory back; nothing may be sent any more.
  mutating func end() {
    for piece in pieces { piece.deallocate() }
    pieces = []
    held = 0
  }
}
