// SPDX-License-Identifier: Apache-2.0
import BundleRouting
import Glibc
import MeshConfig

/// A contact plan in a file: ours in YAML when its name ends so, else in the syntax of ION.
public enum ContactPlanFile {
  /// Largest file, bytes.
  public static let limit = 16 << 20

  /// Reads a plan.
  /// - Parameter reference: milliseconds of the bundle epoch that times such as `+1h` count from.
  /// - Throws: one that names the file, the line and the key.
  public static func read(_ path: String, reference: UInt64) throws(ConfigurationProblem) -> [Contact] {
    try parse(try bytes(path), source: path, reference: reference)
  }

  /// Reads the text of a plan.
  public static func parse(
    _ bytes: [UInt8], source: String, reference: UInt64
  ) throws(ConfigurationProblem) -> [Contact] {
    if source.hasSuffix(".yaml") || source.hasSuffix(".yml") {
      var limits = DocumentLimits()
      limits.bytes = limit
      limits.nodes = 1_000_000
      let root = try DocumentNode.read(bytes, source: source, limits: limits)
      return try ContactPlanReader(source: source, reference: reference).contacts(root)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationProblem(file: source, position: .none, key: "", message: "the file is not UTF-8 text")
    }
    do throws(ContactPlanError) { return try IONContactPlan.read(text, reference: reference) } catch {
      throw ConfigurationProblem(
        file: source, position: SourcePosition(line: error.line, column: 1), key: "", message: error.text)
    }
  }

  private static func bytes(_ path: String) throws(ConfigurationProblem) -> [UInt8] {
    let refuse = { (text: String) in ConfigurationProblem(file: path, position: .none, key: "", message: text) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw refuse("cannot be opened: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
      throw refuse("is not a regular file")
    }
    guard information.st_size <= limit else { throw refuse("is larger than \(limit) bytes") }
    var bytes = [UInt8](repeating: 0, count: Int(information.st_size))
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + done, $0.count - done, off_t(done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw refuse("cannot be read") }
      done += count
    }
    return bytes
  }
}
