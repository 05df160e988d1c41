// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A plugin's file: opened and checked once, copied where nobody can change it.
struct PluginFile: ~Copyable {
  /// Larger files are refused.
  static let sizeLimit = 256 << 20

  let path: String
  /// From the file's name, `mesh_<id>.so`.
  let id: String
  private let descriptor: Int32
  private let size: Int

  /// Opens without following a link at the end, and checks kind, owner and mode of the file and of every folder above.
  init(path: String) throws(PluginError) {
    guard let name = path.split(separator: "/").last, name.hasPrefix("mesh_"), name.hasSuffix(".so"), name.count > 8
    else { throw PluginError(.argument, "\(path): a plugin's file is named mesh_<id>.so") }
    let id = String(name.dropFirst(5).dropLast(3))
    guard PluginNote.isIdentifier(id) else {
      throw PluginError(.argument, "\(path): “\(id)” is not a plugin id (lower case, digits and hyphen)")
    }
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      let kind: PluginError.Kind = code == ELOOP || code == EACCES ? .permission : .unreadable
      throw PluginError(
        kind, code == ELOOP ? "\(path): is a symbolic link; put the file itself there" : "\(path): \(systemText(code))")
    }
    let size: Int
    do throws(PluginError) {
      size = try PluginFile.check(descriptor, path)
      try PluginFile.checkFolders(above: descriptor, path)
    } catch {
      close(descriptor)
      throw error
    }
    self.path = path
    self.id = id
    self.descriptor = descriptor
    self.size = size
  }

  deinit { close(descriptor) }

  /// The note of the file as it is now; for listings.
  func note() throws(PluginError) -> PluginNote {
    try PluginFile.note(in: descriptor, size: size, path: path)
  }

  /// A sealed copy in memory. The caller keeps the descriptor open for ever: the dynamic linker knows libraries by
  /// path, and a number that is used again would be taken for the old library.
  func sealedCopy() throws(PluginError) -> (descriptor: Int32, note: PluginNote) {
    let copy = clinux_sealed_copy(descriptor, "mesh-plugin-\(id)")
    guard copy >= 0 else { throw PluginError(.resource, "\(path): cannot be copied: \(systemText(-copy))") }
    do throws(PluginError) {
      var status = stat()
      guard fstat(copy, &status) == 0, status.st_size <= PluginFile.sizeLimit else {
        throw PluginError(.resource, "\(path): has grown while it was read")
      }
      return (copy, try PluginFile.note(in: copy, size: Int(status.st_size), path: path))
    } catch {
      close(copy)
      throw error
    }
  }

  private static func note(in descriptor: Int32, size: Int, path: String) throws(PluginError) -> PluginNote {
    guard size > 0, let map = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), map != MAP_FAILED else {
      throw PluginError(.note, "\(path): not an ELF file")
    }
    defer { munmap(map, size) }
    do throws(PluginError) {
      return try NoteReader(UnsafeRawBufferPointer(start: map, count: size)).read()
    } catch {
      throw PluginError(error.kind, "\(path): \(error.text)")
    }
  }

  private static func check(_ descriptor: Int32, _ path: String) throws(PluginError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw PluginError(.unreadable, "\(path): \(systemText(errno))") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw PluginError(.permission, "\(path): is not a regular file") }
    guard status.st_uid == 0 || status.st_uid == geteuid() else {
      throw PluginError(
        .permission, "\(path): belongs to user \(status.st_uid), not to root or the user of this process")
    }
    guard status.st_mode & 0o022 == 0 else {
      throw PluginError(.permission, "\(path): can be written by its group or by everyone (chmod go-w)")
    }
    guard status.st_size <= sizeLimit else { throw PluginError(.unreadable, "\(path): is larger than 256 MiB") }
    return Int(status.st_size)
  }

  private static func checkFolders(above descriptor: Int32, _ path: String) throws(PluginError) {
    // The folders of the file that is open, whatever the path leads to by now.
    guard let resolved = realpath("/proc/self/fd/\(descriptor)", nil) else {
      throw PluginError(.unreadable, "\(path): \(systemText(errno))")
    }
    var folder = String(cString: resolved)
    free(resolved)
    while let slash = folder.lastIndex(of: "/"), folder != "/" {
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
      var status = stat()
      guard lstat(folder, &status) == 0 else { throw PluginError(.unreadable, "\(folder): \(systemText(errno))") }
      guard status.st_uid == 0 || status.st_uid == geteuid() else {
        throw PluginError(
          .permission, "\(folder): belongs to user \(status.st_uid), not to root or the user of this process")
      }
      // In a sticky folder of root's nobody can replace what others own.
      let isSticky = status.st_mode & 0o1000 != 0 && status.st_uid == 0
      guard status.st_mode & 0o022 == 0 || isSticky else {
        throw PluginError(.permission, "\(folder): can be written by its group or by everyone (chmod go-w)")
      }
    }
  }
}

/// The system's words for an errno.
func systemText(_ code: Int32) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
    guard let start = buffer.baseAddress else { return "error \(code)" }
    buffer.initialize(repeating: 0)
    return strerror_r(code, start, 255) == 0 ? String(cString: start) : "error \(code)"
  }
}
