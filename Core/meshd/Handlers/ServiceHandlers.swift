// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshNode
import MeshObserve

extension Daemon {
  func registerService(on server: ControlServer) {
    server.register(ShutdownMethod.self) { [unowned self] call, params in
      call.reply(Nothing())
      self.stop(drain: min(params.drain, 600_000_000_000))
    }
    server.answer(LogLevelMethod.self) { [unowned self] params throws(ControlError) in
      let levels: [(String, MeshObserve.LogLevel)] = [
        ("error", .error), ("warning", .warning), ("info", .info), ("debug", .debug),
      ]
      guard let level = levels.first(where: { $0.0 == params.level }) else {
        throw ControlError(.invalid, "'\(params.level)' is not a level", hint: "Use error, warning, info or debug.")
      }
      self.log.level = level.1
      return MeshControl.LogLevel(level: level.0)
    }
  }
}
