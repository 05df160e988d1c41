// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// The plugins that are linked into this process. They are never unmapped, so that a host which loads the same bytes as
/// another one before it has to get the same library: each node that was opened would leave a copy otherwise.
enum PluginLibraries {
  private struct Entry: @unchecked Sendable {
    let descriptor: Int32
    let size: Int
    let library: UnsafeMutableRawPointer
  }
  private static let linked = Mutex<[Entry]>([])

  /// Links the library in a sealed copy, or finds the one with the same bytes. The descriptor is taken: it stays open
  /// for ever when it was linked, and is closed otherwise. One thread links at a time, so that no second one links the same
  /// bytes: what runs while a library is linked must not load plugins (MPA-12).
  static func open(_ descriptor: Int32, path: String) throws(PluginError) -> UnsafeMutableRawPointer {
    var status = stat()
    let size = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    return try linked.withLock { entries in
      if let known = entries.first(where: { $0.size == size && haveSameBytes($0.descriptor, descriptor, size) }) {
        close(descriptor)
        return Result<Entry, PluginError>.success(known)
      }
      return Result { () throws(PluginError) in
        let entry = Entry(
          descriptor: descriptor, size: size, library: try Plugin.open(descriptor, path: path))
        entries.append(entry)
        return entry
      }
    }.get().library
  }

  private static func haveSameBytes(_ left: Int32, _ right: Int32, _ size: Int) -> Bool {
    guard size > 0, let one = mmap(nil, size, PROT_READ, MAP_PRIVATE, left, 0), one != MAP_FAILED else { return false }
    defer { munmap(one, size) }
    guard let other = mmap(nil, size, PROT_READ, MAP_PRIVATE, right, 0), other != MAP_FAILED else { return false }
    defer { munmap(other, size) }
    return memcmp(one, other, size) == 0
  }
}
