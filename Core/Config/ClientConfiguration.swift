// SPDX-License-Identifier: Apache-2.0
import Glibc

/// `client.yaml`: what programs that talk to a daemon on this machine need to know of it. Only root can write it.
public struct ClientConfiguration: Equatable, Sendable {
  /// The user, by name or number, that the system's daemon runs as; nil when none is named.
  public var serviceUser: String?

  /// The keys of the file.
  static let keys: [SchemaKey] = [
    .init("service_user", .name, "The user that the system's daemon runs as.")
  ]

  /// Reads and checks the file at `path`. It must belong to root (in tests to `owner`) and be writable by nobody else:
  /// whoever can change it decides whom clients trust.
  public static func load(path: String, owner: UInt32 = 0) throws(ConfigurationError) -> ClientConfiguration {
    let bytes = try Configuration.read(path) { status in
      if status.st_uid != owner { return "belongs to user \(status.st_uid); expected a file of root's (chown root)" }
      if status.st_mode & 0o022 != 0 { return "can be written by its group or by everyone (chmod go-w)" }
      return nil
    }
    let root: DocumentNode?
    do throws(ConfigurationProblem) {
      root = try DocumentParser.parse(bytes, source: path)
    } catch { throw ConfigurationError([error]) }
    var problems = ProblemCollector(file: path)
    let reader = SectionReader(paths: PathResolver(file: path, home: nil))
    let values = reader.read(root, path: "", keys: keys, &problems).values
    try problems.finish()
    return ClientConfiguration(serviceUser: values.text("service_user"))
  }
}
