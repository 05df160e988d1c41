import Glibc

extension Configuration {
  /// Reads and checks the file at `path`. A file that is missing, unreadable, no regular file or larger than 1 MiB is
  /// refused with the way to mend it.
  public static func load(
    path: String, environment: Environment = Environment.process()
  ) throws(ConfigurationError) -> Configuration {
    try parse(bytes: read(path), name: path, folder: folder(of: path), environment: environment)
  }

  /// The absolute folder of a file, so that its paths hold wherever the process moves; nil when it has none.
  private static func folder(of path: String) -> String? {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard let resolved = realpath(folder, nil) else { return nil }
    defer { free(resolved) }
    let text = String(cString: resolved)
    return text == "/" ? "" : text
  }

  /// The bytes of a regular file, one more than the limit of a document at most. `refuses` gives the reason for which
  /// the file that was opened is not taken.
  static func read(
    _ path: String, refuses: (stat) -> String? = { _ in nil }
  ) throws(ConfigurationError) -> [UInt8] {
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw refusal(path, reason(errno, path)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw refusal(path, reason(errno, path)) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw refusal(path, "not a regular file; expected the path of a YAML file")
    }
    if let reason = refuses(status) { throw refusal(path, reason) }
    let limit = DocumentLimits().bytes
    var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), limit) + 1)
    var filled = 0
    while filled <= limit {
      if filled == bytes.count { bytes.append(contentsOf: repeatElement(0, count: 4096)) }
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw refusal(path, reason(errno, path))
      }
      if count == 0 { break }
      filled += count
    }
    return Array(bytes.prefix(filled))
  }

  private static func refusal(_ path: String, _ message: String) -> ConfigurationError {
    ConfigurationError([ConfigurationProblem(file: path, position: .none, key: "", message: message)])
  }

  private static func reason(_ code: Int32, _ path: String) -> String {
    switch code {
    case ENOENT:
      "no such file; create it with one line such as 'transport_priority: [websocket]', or name another file"
    case EACCES, EPERM: "may not be read by this user; change its owner or mode, or run as another user"
    case ENOTDIR, ELOOP, ENAMETOOLONG: "not a usable path; check its folders and links"
    default: "cannot be read: \(String(cString: strerror(code)))"
    }
  }
}
