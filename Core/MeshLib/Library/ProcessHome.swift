// SPDX-License-Identifier: Apache-2.0
import CApplication
import CLinux
import Glibc
import MeshApplication
import MeshConfig
import MeshControl
import MeshEventLoop
import MeshNode
import MeshObserve
import MeshService
import Synchronization

/// A node in this process.
final class ProcessHome: Home, @unchecked Sendable {
  /// The node.
  let node: Node
  private let loop: EventLoop
  private let port: ApplicationPort
  private let service: NodeService
  private let control: ControlServer
  private var pump: CommandPump?
  private var hasStopped = false

  /// Makes the node and starts it on the calling thread, which has the seat.
  init(configuration: Configuration, file: String?, application: String, logLevel: UInt32, eventBytes: UInt64)
    throws(LibraryError)
  {
    do throws(EventLoopError) { loop = try EventLoop() } catch { throw LibraryError(.io, "\(error)") }
    let log = Log(level: ProcessHome.level(logLevel), format: .text(colours: false), sink: LogSink { _ in })
    let node: Node
    do throws(NodeStartError) {
      node = try Node(configuration: configuration, loop: loop, log: log)
    } catch { throw LibraryError(.config, "\(error)") }
    self.node = node
    control = ControlServer()
    service = NodeService(node: node, version: libraryVersion, configurationPath: file)
    service.register(on: control)
    let problems = node.pluginProblems(configuration)
    guard problems.isEmpty else {
      node.dismantle()
      throw LibraryError(.config, "\(ConfigurationError(problems))")
    }
    guard let writer = EventWriter(limit: eventBytes) else {
      node.dismantle()
      throw .noMemory
    }
    let port = ApplicationPort(node: node, sink: writer, name: application, control: control, access: .admin)
    self.port = port
    do throws(LibraryError) { try super.init(writer: writer) } catch {
      port.close()
      node.dismantle()
      throw error
    }
    let pump = CommandPump(home: self, port: port)
    self.pump = pump
    loop.addHook(pump)
    node.onStopped = { [unowned self] in hasStopped = true }
    do throws(NodeStartError) { try node.start() } catch {
      port.close()
      self.pump = nil
      node.dismantle()
      throw LibraryError(.config, "\(error)")
    }
    loop.runOnce()
  }

  override var wakeDescriptor: Int32 { loop.wakeDescriptor }

  override func wake() { loop.wake() }

  override func turn(maxWait: UInt64) {
    var wait = maxWait
    if wait > 0 {
      isSleeping.store(true, ordering: .sequentiallyConsistent)
      if hasWork { wait = 0 }
    }
    loop.runOnce(maxWait: wait)
    isSleeping.store(false, ordering: .relaxed)
    writer.turnEnded()
  }

  private var hasWork: Bool {
    isResumeWanted.load(ordering: .sequentiallyConsistent) || (port.wantsCommands && !commands.isEmpty)
  }

  override func finish(within: UInt64) {
    loop.adopt()
    port.close()
    node.stop(drain: 0)
    let end = MonotonicClock.read() &+ within
    while !hasStopped {
      let now = MonotonicClock.read()
      guard now < end else { break }
      loop.runOnce(maxWait: end - now)
    }
    pump = nil
    node.dismantle()
  }

  private static func level(_ level: UInt32) -> MeshObserve.LogLevel {
    switch level {
    case 0, 1: .error
    case 2: .warning
    case 3: .info
    default: .debug
    }
  }
}

/// Gives the port what the application has written, each turn.
final class CommandPump: EventHandler {
  private unowned let home: ProcessHome
  private let port: ApplicationPort
  /// Pieces of commands in one turn; more of them would starve the network.
  private static let budget = 16

  init(home: ProcessHome, port: ApplicationPort) {
    self.home = home
    self.port = port
  }

  override func collect() {
    if home.isResumeWanted.exchange(false, ordering: .sequentiallyConsistent) { port.resume() }
    let commands = home.commands
    var budget = Self.budget
    while budget > 0, port.wantsCommands {
      let bytes = commands.readable()
      guard !bytes.isEmpty else { break }
      budget -= 1
      do throws(ApplicationFault) {
        let count = try port.submit(bytes)
        commands.advance(count)
        commands.giveBack()
        guard count > 0 else { break }
      } catch {
        home.fail(LibraryError(.internal, "the node did not understand the library: \(error)"))
        commands.advance(bytes.count)
        commands.giveBack()
      }
    }
  }

  override func turnEnded() { port.turnEnded() }
}

/// What `status` tells.
let libraryVersion = "1.0.0"
