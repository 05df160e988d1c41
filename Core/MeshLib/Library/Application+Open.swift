// SPDX-License-Identifier: Apache-2.0
import CApplication
import CLibrary
import CMeshABI
import Glibc
import MeshConfig
import MeshControl
import MeshCrypto
import MeshEventLoop
import MeshNode
import MeshWire
import Synchronization

extension Application {
  private static let defaultEventBytes: UInt64 = 4 << 20
  private static let defaultTimeout: UInt64 = 5000
  private static let nameLimit = 64
  private static let closingTime: UInt64 = 2_000_000_000

  /// `mesh_open`.
  static func open(_ options: UnsafePointer<mesh_open_options>) throws(LibraryError) -> OpaquePointer {
    let given = options.pointee
    var code: Int32 = 0
    guard OptionStruct.check(options, size: given.size, known: MemoryLayout<mesh_open_options>.size, code: &code) else {
      throw LibraryError(code)
    }
    guard given.flags == 0 else { throw LibraryError(.flag, "'flags' is 0 in this version") }
    guard given.reserved.0 | given.reserved.1 | given.reserved.2 | given.reserved.3 == 0 else {
      throw LibraryError(.flag, "'reserved' is 0 in this version")
    }
    guard given.log_level <= 4 else { throw LibraryError(.invalid, "'log_level' is 0 to 4") }
    guard library_is_forked() == 0 else {
      throw LibraryError(.forked, "this process was forked from one with open handles: open another after exec")
    }
    let name = try optionalText(given.application, "application", limit: nameLimit) ?? ""
    let eventBytes = given.event_bytes == 0 ? defaultEventBytes : max(65_536, UInt64(given.event_bytes))
    let timeout = (given.call_timeout_ms == 0 ? defaultTimeout : UInt64(given.call_timeout_ms)) * 1_000_000
    guard let slot = library_claim() else {
      throw LibraryError(.limit, "a process has at most \(LIBRARY_HANDLES) handles")
    }
    do throws(LibraryError) {
      let home: Home
      let id: [UInt8]
      switch given.home {
      case UInt32(MESH_HOME_PROCESS):
        let (configuration, file) = try configuration(given)
        let process = try ProcessHome(
          configuration: configuration, file: file, application: name, logLevel: given.log_level,
          eventBytes: eventBytes)
        (home, id) = (process, process.node.identity.id.bytes)
      case UInt32(MESH_HOME_DAEMON):
        let places = try optionalText(given.socket, "socket", limit: Int(PATH_MAX)).map { [$0] } ?? usualSockets()
        let daemon = try DaemonHome(places: places, application: name, eventBytes: eventBytes, timeout: timeout)
        (home, id) = (daemon, daemon.id)
      default: throw LibraryError(.invalid, "'home' is MESH_HOME_PROCESS or MESH_HOME_DAEMON")
      }
      return try publish(slot, home, id, timeout, given.log_level)
    } catch {
      library_retire(slot)
      throw error
    }
  }

  /// Where `meshctl` looks too. A program that runs with rights of another user believes nothing of its environment.
  /// Other threads may change the environment meanwhile, so it is not walked through.
  private static func usualSockets() -> [String] {
    let isOwn = getuid() == geteuid() && getgid() == getegid()
    var environment = Environment(userID: geteuid())
    if isOwn {
      for name in Environment.folderVariables {
        environment.variables[name] = library_variable(name).map { String(cString: $0) }
      }
    }
    let places = environment.clientFolders().map { "\($0)/client.sock" }
    let existing = places.filter { access($0, F_OK) == 0 }
    return existing.isEmpty ? places.suffix(1) : existing
  }

  private static func publish(
    _ slot: UnsafeMutablePointer<library_slot>, _ home: Home, _ id: [UInt8], _ timeout: UInt64, _ logLevel: UInt32
  ) throws(LibraryError) -> OpaquePointer {
    let application = Application(home: home, slot: slot, id: id, callTimeout: timeout)
    var command = application_command()
    command.kind = APP_SUBSCRIBE
    command.value = UInt64(logLevel)
    _ = application.write(command)
    do throws(LibraryError) { try home.startThread() } catch {
      home.finish(within: closingTime)
      throw error
    }
    slot.pointee.wake = home.wakeDescriptor
    library_publish(slot, Unmanaged.passRetained(application).toOpaque())
    let handle = OpaquePointer(bitPattern: UInt(library_word(slot)))
    // What the node tells at once, such as its transports, is there when the call returns.
    home.turn(maxWait: 0)
    home.leaveSeat()
    return handle!
  }

  private static func configuration(_ given: mesh_open_options) throws(LibraryError) -> (Configuration, String?) {
    let file = try optionalText(given.config_file, "config_file", limit: Int(PATH_MAX))
    guard (file == nil) != (given.config_text == nil) else {
      throw LibraryError(.invalid, "a node in the process needs one of 'config_file' and 'config_text'")
    }
    if let file {
      var status = stat()
      if stat(file, &status) != 0, errno == ENOENT || errno == ENOTDIR {
        throw LibraryError(.notFound, "there is no file '\(file)'")
      }
      do throws(ConfigurationError) { return (try checked(try Configuration.load(path: file)), file) } catch {
        throw LibraryError(.config, "\(error)")
      }
    }
    let length = strnlen(given.config_text, textLimit + 1)
    guard length <= textLimit else { throw LibraryError(.invalid, "'config_text' has at most 1 MiB") }
    let bytes = Array(UnsafeRawBufferPointer(start: given.config_text, count: length))
    let folder = try optionalText(given.folder, "folder", limit: Int(PATH_MAX)) ?? workingFolder()
    do throws(ConfigurationError) {
      let configuration = try Configuration.parse(
        bytes: bytes, name: "config_text", folder: folder, environment: Environment.process())
      return (try checked(configuration), nil)
    } catch { throw LibraryError(.config, "\(error)") }
  }

  private static func checked(_ configuration: Configuration) throws(ConfigurationError) -> Configuration {
    try configuration.checkNodeNames { NodeID(name: $0) != nil }
    return configuration
  }

  private static let textLimit = 1 << 20

  private static func workingFolder() -> String {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return String(cString: path)
  }

  private static func optionalText(_ pointer: UnsafePointer<CChar>?, _ argument: StaticString, limit: Int)
    throws(LibraryError) -> String?
  {
    guard let pointer else { return nil }
    let length = strnlen(pointer, limit + 1)
    guard length <= limit else { throw LibraryError(.invalid, "'\(argument)' has at most \(limit) bytes") }
    guard let text = String(validating: UnsafeRawBufferPointer(start: pointer, count: length), as: UTF8.self) else {
      throw LibraryError(.invalid, "'\(argument)' is not UTF-8")
    }
    return text
  }

  /// `mesh_close`: the slot is held and withdrawn.
  func close(drain: UInt32) -> Int32 {
    giveBack()
    home.takeSeat()
    home.stopThread()
    let end = MonotonicClock.read() &+ UInt64(drain) &* 1_000_000
    while true {
      takeNotices()
      let now = MonotonicClock.read()
      guard !isSettled, now < end, !home.hasEnded.load(ordering: .relaxed) else { break }
      home.turn(maxWait: min(end - now, 50_000_000))
    }
    // Once more without waiting, for the last releases and goodbyes.
    home.turn(maxWait: 0)
    takeNotices()
    let code = isSettled ? MESH_OK : refuse(.expired, "not everything that was accepted was confirmed in time")
    home.finish(within: Self.closingTime)
    buffers.freeAll()
    return code
  }

  /// Whether all that was accepted is confirmed.
  private var isSettled: Bool { flows.isConfirmed && streams.values.allSatisfy { $0.sent == $0.taken } }
}
