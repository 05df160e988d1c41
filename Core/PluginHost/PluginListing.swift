// SPDX-License-Identifier: Apache-2.0
import Glibc

/// One file of a plugin folder: what it is, or why it cannot be used. Made without running any of its code.
public struct PluginListing: Sendable {
  /// The file, or the folder that cannot be read.
  public let path: String
  /// From the file's name, even when the rest cannot be used.
  public let id: String
  /// Nil when it cannot be read.
  public let note: PluginNote?
  /// Nil when the file can be loaded.
  public let problem: PluginError?
}

extension PluginListing {
  static let filesPerDirectory = 1024

  /// Looks at `mesh_*.so` in these folders, in order, without recursion. A second file of an id is listed with a
  /// problem: the first one wins. A folder that cannot be read gives one entry that says so; one that does not exist
  /// gives none.
  static func list(directories: [String]) -> [PluginListing] {
    var listings: [PluginListing] = []
    var seen: [String: String] = [:]
    for directory in directories {
      for path in paths(in: directory, &listings) {
        var listing = inspect(path)
        if listing.problem == nil {
          if let first = seen[listing.id] {
            let problem = PluginError(.note, "\(path): \(first) comes first")
            listing = PluginListing(path: path, id: listing.id, note: listing.note, problem: problem)
          } else {
            seen[listing.id] = path
          }
        }
        listings.append(listing)
      }
    }
    return listings
  }

  private static func paths(in directory: String, _ listings: inout [PluginListing]) -> [String] {
    guard let stream = opendir(directory) else {
      if errno != ENOENT {
        let problem = PluginError(.unreadable, "\(directory): \(systemText(errno))")
        listings.append(PluginListing(path: directory, id: "", note: nil, problem: problem))
      }
      return []
    }
    defer { closedir(stream) }
    var names: [String] = []
    while names.count < filesPerDirectory, let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix("mesh_"), name.hasSuffix(".so") { names.append(name) }
    }
    return names.sorted().map { directory.hasSuffix("/") ? directory + $0 : "\(directory)/\($0)" }
  }

  private static func inspect(_ path: String) -> PluginListing {
    var note: PluginNote?
    do throws(PluginError) {
      let file = try PluginFile(path: path)
      let found = try file.note()
      note = found
      try Plugin.check(found, against: file.id, path: path)
      return PluginListing(path: path, id: file.id, note: found, problem: nil)
    } catch {
      let name = path.split(separator: "/").last ?? ""
      return PluginListing(path: path, id: String(name.dropFirst(5).dropLast(3)), note: note, problem: error)
    }
  }
}
