/// Makes paths of a configuration independent of the working folder.
struct PathResolver: Equatable, Sendable {
  /// The configuration file's folder; empty for the working folder.
  var folder: String
  /// What `~/` stands for, or nil.
  var home: String?

  /// The folder of `file`, for paths relative to it.
  init(file: String, home: String?) {
    folder = file.lastIndex(of: "/").map { String(file[..<$0]) + "/" } ?? ""
    self.home = home
  }

  func resolve(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    if path.hasPrefix("~/"), let home { return home + path.dropFirst() }
    return folder + path
  }
}
