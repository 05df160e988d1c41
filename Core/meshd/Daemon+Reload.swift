// SPDX-License-Identifier: Apache-2.0
import CLinux
import MeshConfig
import MeshEventLoop
import MeshNode
import MeshObserve

extension Daemon {
  /// Reads the file again; all of it comes into force, or nothing.
  func reload() throws(ConfigurationError) -> ReloadOutcome {
    // systemd compares this stamp with the time of its request.
    _ = clinux_notify("RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.read() / 1000)")
    defer { _ = clinux_notify("READY=1") }
    let configuration = try ConfigurationCheck.load(path)
    let problems = node.pluginProblems(configuration)
    guard problems.isEmpty else { throw ConfigurationError(problems) }
    log.level = Daemon.level(configuration)
    log.format = Daemon.format(configuration)
    let outcome = node.apply(configuration)
    receiveFiles()
    return outcome
  }

  func reloadBySignal() {
    do throws(ConfigurationError) {
      let outcome = try reload()
      if !outcome.needRestart.isEmpty {
        log.warning("restart_needed", [.text("keys", outcome.needRestart.joined(separator: ", "))])
      }
    } catch {
      for problem in error.problems { log.error("configuration_refused", [.text("text", problem.description)]) }
    }
  }
}
