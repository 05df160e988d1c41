// SPDX-License-Identifier: Apache-2.0

/// Where the bytes of an answer come from.
public enum SiteBody {
  /// Nowhere.
  case none
  /// From memory.
  case bytes([UInt8])
  /// From `count` bytes of a file, from `offset`.
  case file(SiteFile, offset: Int64, count: Int64)

  /// The number of bytes.
  public var count: Int64 {
    switch self {
    case .none: 0
    case .bytes(let bytes): Int64(bytes.count)
    case .file(_, _, let count): count
    }
  }

  /// Copies bytes from `position` on; returns how many, and 0 when the file has become shorter meanwhile.
  public func read(at position: Int64, into target: UnsafeMutableRawBufferPointer) -> Int {
    let left = Int(clamping: max(0, count - position))
    let wanted = min(left, target.count)
    guard wanted > 0, let base = target.baseAddress else { return 0 }
    switch self {
    case .none: return 0
    case .bytes(let bytes):
      bytes.withUnsafeBytes { base.copyMemory(from: $0.baseAddress! + Int(position), byteCount: wanted) }
      return wanted
    case .file(let file, let offset, _):
      return file.read(at: offset + position, into: base, count: wanted)
    }
  }
}
