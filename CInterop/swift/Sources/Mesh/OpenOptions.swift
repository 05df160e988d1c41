// SPDX-License-Identifier: Apache-2.0
import CMesh
import Glibc

/// Which node a handle is for.
public enum Home: Sendable {
  /// A node in this process, configured by a YAML file.
  case file(String)
  /// A node in this process, configured by this YAML; relative paths start from `folder`, nil = the working folder.
  case text(String, folder: String? = nil)
  /// A running `meshd`, by its client socket; nil = this user's own, else where packages put it.
  case daemon(socket: String? = nil)
}

/// The limits of one application on a node. Zeros are the library's defaults.
public struct OpenOptions: Sendable {
  /// Who this is, for logs and `why`; at most 64 bytes.
  public var application: String?
  /// 0 = no log events, 1 errors, 2 warnings, 3 information, 4 debugging.
  public var logLevel: UInt32 = 0
  /// Most bytes of events that wait to be read; 0 = 4 MiB.
  public var eventBytes: UInt32 = 0
  /// Milliseconds, for calls that wait for the node's answer; 0 = 5000.
  public var callTimeout: UInt32 = 0

  /// The defaults, under a name.
  public init(application: String? = nil) { self.application = application }

  func open(_ home: Home) throws(MeshError) -> OpaquePointer {
    var texts: [UnsafeMutablePointer<CChar>] = []
    defer { for text in texts { free(text) } }
    func copy(_ text: String?) -> UnsafePointer<CChar>? {
      guard let text, let copy = strdup(text) else { return nil }
      texts.append(copy)
      return UnsafePointer(copy)
    }
    var options = mesh_open_options()
    mesh_open_options_default(&options)
    switch home {
    case .file(let path):
      options.home = MESH_HOME_PROCESS
      options.config_file = copy(path)
    case .text(let yaml, let folder):
      options.home = MESH_HOME_PROCESS
      options.config_text = copy(yaml)
      options.folder = copy(folder)
    case .daemon(let socket):
      options.home = MESH_HOME_DAEMON
      options.socket = copy(socket)
    }
    options.application = copy(application)
    options.log_level = logLevel
    options.event_bytes = eventBytes
    options.call_timeout_ms = callTimeout
    var handle: OpaquePointer?
    try MeshError.check(mesh_open(&options, &handle))
    guard let handle else { throw MeshError(code: .internalFault, sentence: "no handle") }
    return handle
  }
}
