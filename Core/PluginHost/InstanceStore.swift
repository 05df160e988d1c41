// SPDX-License-Identifier: Apache-2.0
import CLinux
import CMeshABI
import Glibc
import Synchronization

/// The small durable state of one instance: a folder with one file for each key. Its functions block and run on the
/// offload pool.
///
/// A file's name is the key in base32hex (RFC 4648, section 7, lower case, no padding): 128 bytes become 205
/// characters, where hexadecimal would pass the 255 that a file name may have.
struct InstanceStore: Sendable {
  private static let alphabet = Array("0123456789abcdefghijklmnopqrstuv".utf8)
  private static let sequence = Atomic<UInt64>(0)

  let directory: String

  /// The value's bytes, allocated for the caller to free, or `MESH_E_NOTFOUND`, `MESH_E_IO`.
  func get(_ key: [UInt8]) -> (status: Int32, value: UnsafeMutableRawBufferPointer?) {
    let file = open(path(of: key), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { return (errno == ENOENT ? MESH_E_NOTFOUND : MESH_E_IO, nil) }
    defer { close(file) }
    let limit = Int(MESH_STORE_VALUE_MAX)
    let value = UnsafeMutableRawBufferPointer.allocate(byteCount: limit + 1, alignment: 8)
    var length = 0
    while length <= limit {
      let count = read(file, value.baseAddress.map { $0 + length }, limit + 1 - length)
      if count < 0, errno == EINTR { continue }
      if count < 0 { length = limit + 1 }
      if count <= 0 { break }
      length += count
    }
    guard length <= limit else {
      value.deallocate()
      return (MESH_E_IO, nil)
    }
    return (MESH_OK, UnsafeMutableRawBufferPointer(rebasing: value[..<length]))
  }

  /// Writes beside, syncs, and renames: the old or the new value is there, whatever happens.
  func put(_ key: [UInt8], _ value: [UInt8]) -> Int32 {
    var folder = openDirectory()
    if folder < 0, errno == ENOENT {
      // A folder whose name is not on the disk would take what is put into it along.
      if mkdir(directory, 0o700) == 0 {
        guard syncParent() else { return MESH_E_IO }
      } else if errno != EEXIST {
        return MESH_E_IO
      }
      folder = openDirectory()
    }
    guard folder >= 0 else { return MESH_E_IO }
    defer { close(folder) }
    let number = InstanceStore.sequence.add(1, ordering: .relaxed).newValue
    let temporary = ".\(getpid())-\(number)"
    var file = create(temporary, in: folder)
    if file < 0, errno == EEXIST, unlinkat(folder, temporary, 0) == 0 {
      // Left by a process with the same number that did not come to its end.
      file = create(temporary, in: folder)
    }
    guard file >= 0 else { return MESH_E_IO }
    let isWritten = writeAll(file, value) && fsync(file) == 0
    close(file)
    guard isWritten, renameat(folder, temporary, folder, name(of: key)) == 0 else {
      let code = errno == ENOSPC || errno == EDQUOT ? MESH_E_LIMIT : MESH_E_IO
      unlinkat(folder, temporary, 0)
      return code
    }
    return fsync(folder) == 0 ? MESH_OK : MESH_E_IO
  }

  func delete(_ key: [UInt8]) -> Int32 {
    guard unlink(path(of: key)) == 0 else { return errno == ENOENT ? MESH_E_NOTFOUND : MESH_E_IO }
    return syncDirectory()
  }

  private func path(of key: [UInt8]) -> String { "\(directory)/\(name(of: key))" }

  private func name(of key: [UInt8]) -> String {
    var name: [UInt8] = []
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for byte in key {
      bits = (bits << 8 | UInt32(byte)) & 0xffff
      count += 8
      while count >= 5 {
        count -= 5
        name.append(InstanceStore.alphabet[Int(bits >> count & 31)])
      }
    }
    if count > 0 { name.append(InstanceStore.alphabet[Int(bits << (5 - count) & 31)]) }
    return String(decoding: name, as: UTF8.self)
  }

  private func writeAll(_ file: Int32, _ value: [UInt8]) -> Bool {
    value.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = write(file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        done += count
      }
      return true
    }
  }

  private func create(_ name: String, in folder: Int32) -> Int32 {
    openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
  }

  private func syncParent() -> Bool {
    let folder = open("\(directory)/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return false }
    defer { close(folder) }
    return fsync(folder) == 0
  }

  private func openDirectory() -> Int32 { open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }

  private func syncDirectory() -> Int32 {
    let folder = openDirectory()
    guard folder >= 0 else { return MESH_E_IO }
    defer { close(folder) }
    return fsync(folder) == 0 ? MESH_OK : MESH_E_IO
  }
}
