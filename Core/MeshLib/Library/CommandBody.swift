// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshControl

/// What follows a command's header: metadata, and data in slices that were checked.
struct CommandBody {
  var metadata: UnsafeRawPointer?
  var metadataCount = 0
  var slices: UnsafePointer<mesh_slice>?
  var sliceCount = 0
  /// Bytes of all slices.
  var count = 0
  /// Bytes of the first slice that are not wanted any more.
  var skip = 0

  /// Copies `count` bytes.
  @inline(__always)
  func copy(to target: UnsafeMutableRawPointer) {
    guard let slices else { return }
    if sliceCount == 1 {
      if count > 0, let data = slices.pointee.data { target.copyMemory(from: data + skip, byteCount: count) }
      return
    }
    copyMany(slices, to: target)
  }

  @inline(never)
  private func copyMany(_ slices: UnsafePointer<mesh_slice>, to target: UnsafeMutableRawPointer) {
    var done = 0
    var skip = skip
    for index in 0..<sliceCount where done < count {
      let slice = slices[index]
      let length = min(slice.len - min(skip, slice.len), count - done)
      if length > 0, let data = slice.data { (target + done).copyMemory(from: data + skip, byteCount: length) }
      skip -= min(skip, slice.len)
      done += length
    }
  }

  /// The body that these slices make; nil when a pointer is missing, or they are longer than `limit`.
  @inline(__always)
  static func of(_ slices: UnsafePointer<mesh_slice>?, _ n: UInt32, limit: Int, code: inout Int32) -> CommandBody? {
    // A size_t is an Int here: one above Int.max would be negative, and below every limit.
    if n == 1, let slices, UInt(bitPattern: slices.pointee.len) <= UInt(bitPattern: limit),
      slices.pointee.data != nil || slices.pointee.len == 0
    {
      return CommandBody(slices: slices, sliceCount: 1, count: slices.pointee.len)
    }
    return ofMany(slices, n, limit: limit, code: &code)
  }

  @inline(never)
  private static func ofMany(_ slices: UnsafePointer<mesh_slice>?, _ n: UInt32, limit: Int, code: inout Int32)
    -> CommandBody?
  {
    guard n > 0 else { return CommandBody() }
    guard let slices else {
      code = refuse(.invalid, "'slices' is NULL although 'n' is not 0")
      return nil
    }
    var count = 0
    for index in 0..<Int(n) {
      let slice = slices[index]
      guard slice.data != nil || slice.len == 0 else {
        code = refuse(.invalid, "a slice has a length and no data")
        return nil
      }
      guard slice.len <= limit - count, slice.len >= 0 else {
        code = refuse(.limit, "the slices are longer together than is allowed")
        return nil
      }
      count += slice.len
    }
    return CommandBody(slices: slices, sliceCount: Int(n), count: count)
  }
}
