import Glibc

/// What a configuration takes from the process around it, as a value, so that parsing itself reads nothing.
public struct Environment: Equatable, Sendable {
  /// Environment variables.
  public var variables: [String: String]
  /// The effective user's number; 0 puts state and sockets into the system's folders.
  public var userID: UInt32

  /// An environment from its parts; empty and unprivileged unless told otherwise.
  public init(variables: [String: String] = [:], userID: UInt32 = 1000) {
    self.variables = variables
    self.userID = userID
  }

  /// The environment of this process. Call it at start, before other threads may change the environment.
  public static func process() -> Environment {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text)
      if let equals = pair.firstIndex(of: "=") {
        variables[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
      }
      entry += 1
    }
    return Environment(variables: variables, userID: geteuid())
  }

  /// `$HOME`, when it is an absolute path.
  var home: String? { absolute("HOME") }

  /// Where state is kept unless `node.state` says otherwise.
  public var stateFolder: String {
    if userID == 0 { return "/var/lib/mesh" }
    if let folder = absolute("XDG_STATE_HOME") { return folder + "/mesh" }
    if let home { return home + "/.local/state/mesh" }
    return "/var/tmp/mesh-\(userID)"
  }

  /// Where the control sockets are unless `control` says otherwise.
  public var runtimeFolder: String {
    if userID == 0 { return "/run/mesh" }
    if let folder = absolute("XDG_RUNTIME_DIR") { return folder + "/mesh" }
    return stateFolder
  }

  /// The variables that the folders depend on.
  public static let folderVariables = ["XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME"]

  /// Where clients of this user look for a daemon's sockets: at those of the user's own first, then at the system's.
  ///
  /// A folder of somebody else is left out: anybody can make one in /var/tmp first, and root may have kept a user's
  /// variables. `owner` tells the owner's number of a folder that is there, of a link its own.
  public func clientFolders(owner: (String) -> UInt32? = Environment.owner(of:)) -> [String] {
    let system = "/run/mesh"
    var folders: [String] = []
    for folder in (absolute("XDG_RUNTIME_DIR").map { [$0 + "/mesh"] } ?? []) + [runtimeFolder]
    where folder != system && !folders.contains(folder) && owner(folder) == userID { folders.append(folder) }
    return folders + [system]
  }

  /// The owner's number of a file, of a link its own; nil when there is none.
  public static func owner(of path: String) -> UInt32? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_uid : nil
  }

  private func absolute(_ name: String) -> String? {
    guard let path = variables[name], path.hasPrefix("/"), path.utf8.count < 4096 else { return nil }
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}
