// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import MeshCommandLine
import MeshConfig
import MeshControl
import MeshCopyService
import MeshCrypto
import MeshEventLoop
import MeshFileTransfer
import MeshNode
import MeshObserve
import MeshService
import MeshWire

/// A node with its sockets for control and metrics, its signals and its configuration file.
final class Daemon: EventHandler {
  let node: Node
  let loop: EventLoop
  let log: Log
  let path: String
  let service: NodeService
  /// Applications that serve protocols through the control socket.
  var subscriptions: [Subscription] = []
  var copyService: CopyService?
  var fileReceiver: FileReceiver?
  var fileFolder = ""
  private let console: Console
  private let signals: Int32
  private var listeners: [ControlListener] = []
  private var metricsListener: MetricsListener?
  private var isStopping = false
  private(set) var exitCode: Int32 = 0

  /// Runs until it is told to end; the result is the exit code.
  static func run(_ path: String, _ console: Console) -> Int32 {
    let configuration: Configuration
    do throws(ConfigurationError) {
      configuration = try ConfigurationCheck.load(path)
    } catch {
      console.errorLine("\(error)")
      return ExitCode.usage
    }
    clinux_ignore_broken_pipes()
    do throws(NodeStartError) {
      let daemon = try Daemon(configuration, path, console)
      let problems = daemon.node.pluginProblems(configuration)
      guard problems.isEmpty else {
        console.errorLine("\(ConfigurationError(problems))")
        return ExitCode.usage
      }
      // Also when it does not start: sockets that stay behind would be tried by clients.
      defer { daemon.close() }
      try daemon.start()
      daemon.loop.run()
      return daemon.exitCode
    } catch {
      console.errorLine("meshd: \(error)")
      return ExitCode.failure
    }
  }

  /// Descriptors with which a busy node runs out of them: links, visitors and what plugins open.
  private static let fewDescriptors: Int64 = 2048

  private init(_ configuration: Configuration, _ path: String, _ console: Console) throws(NodeStartError) {
    self.path = path
    self.console = console
    log = Log(level: Daemon.level(configuration), format: Daemon.format(configuration))
    for warning in configuration.warnings { log.warning("configuration", [.text("text", warning.description)]) }
    let limit = clinux_raise_descriptor_limit()
    if limit < 0 { log.warning("descriptor_limit", [.number("errno", -limit)]) }
    if (0..<Daemon.fewDescriptors).contains(limit) { log.warning("descriptor_limit", [.number("most", limit)]) }
    let numbers = [SIGTERM, SIGINT, SIGHUP]
    signals = clinux_signalfd(numbers, Int32(numbers.count))
    guard signals >= 0 else { throw NodeStartError("signals cannot be watched: error \(-signals)") }
    do throws(EventLoopError) { loop = try EventLoop() } catch { throw NodeStartError("\(error)") }
    node = try Node(configuration: configuration, loop: loop, log: log)
    service = NodeService(node: node, version: Main.version, configurationPath: path)
    super.init()
  }

  private func start() throws(NodeStartError) {
    do throws(EventLoopError) {
      _ = try loop.watch(signals, for: .read, handler: self)
    } catch { throw NodeStartError("signals cannot be watched: \(error)") }
    node.onStopped = { [unowned self] in self.loop.stop() }
    let server = ControlServer()
    registerHandlers(on: server)
    try openControl(server)
    try openMetrics()
    try node.start()
    receiveFiles()
    _ = clinux_notify("READY=1")
    log.info("started", [.text("id", node.identity.id.name), .text("version", Main.version)])
  }

  private func openControl(_ server: ControlServer) throws(NodeStartError) {
    let settings = node.configuration.control
    let group = clinux_group(settings.group)
    // Only root can give the socket to a group that it is not in.
    let owner: UInt32? = group >= 0 && geteuid() == 0 ? UInt32(clamping: group) : nil
    if group < 0, geteuid() == 0 {
      log.warning(
        "group_unknown",
        [
          .text("group", settings.group),
          .text(
            "reason", "there is no such group, so only root may use \(settings.socket); make it or set control.group"),
        ])
    }
    do throws(ControlError) {
      let admin = try ControlSocket.listen(settings.adminSocket, mode: 0o600)
      listeners.append(ControlListener(admin, settings.adminSocket, .admin, server, node))
      let client = try ControlSocket.listen(settings.socket, mode: 0o660, group: owner)
      listeners.append(ControlListener(client, settings.socket, .client, server, node))
    } catch { throw NodeStartError(error.hint.isEmpty ? error.message : "\(error.message). \(error.hint)") }
    for listener in listeners { listener.start() }
  }

  private func openMetrics() throws(NodeStartError) {
    guard let text = node.configuration.metrics.listen, let endpoint = MetricsSettings.endpoint(text) else { return }
    let descriptor = clinux_listen_tcp(endpoint.host, endpoint.port)
    guard descriptor >= 0 else {
      log.error(
        "metrics_not_listening", [.text("address", text), .text("reason", String(cString: strerror(-descriptor)))])
      return
    }
    metricsListener = MetricsListener(descriptor, node)
    metricsListener?.start()
  }

  // MARK: the end

  override func ready(_ readiness: Readiness, token: UInt64) {
    while true {
      let number = clinux_signalfd_read(signals)
      guard number > 0 else { return }
      if number == SIGHUP {
        reloadBySignal()
      } else {
        stop(drain: UInt64(node.configuration.node.stopTimeout))
      }
    }
  }

  /// Ends in order; a second time at once.
  func stop(drain: UInt64) {
    guard !isStopping else {
      exitCode = ExitCode.failure
      return loop.stop()
    }
    isStopping = true
    _ = clinux_notify("STOPPING=1")
    for listener in listeners { listener.stopAccepting() }
    node.stop(drain: drain)
  }

  private func close() {
    for listener in listeners { listener.close() }
    metricsListener?.close()
  }

  // MARK: log settings

  static func level(_ configuration: Configuration) -> MeshObserve.LogLevel {
    switch configuration.log.level {
    case .error: .error
    case .warning: .warning
    case .info: .info
    case .debug: .debug
    }
  }

  static func format(_ configuration: Configuration) -> LogFormat {
    let noColour = getenv("NO_COLOR").map { String(cString: $0) }
    let terminal = getenv("TERM").map { String(cString: $0) }
    switch configuration.log.format {
    case .auto: return LogFormat.automatic(descriptor: 2, noColour: noColour, terminal: terminal)
    case .json: return .json
    case .text: return .text(colours: LogFormat.coloured(descriptor: 2, noColour: noColour, terminal: terminal))
    }
  }
}
