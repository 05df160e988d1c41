// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshControl
import MeshNode
import MeshWire

extension Daemon {
  func registerConfiguration(on server: ControlServer) {
    server.answer(ConfigShowMethod.self) { [unowned self] _ in
      MeshControl.ConfigurationText(
        path: self.path, yaml: self.node.configuration.yaml(options: self.node.optionsByTransport))
    }
    server.answer(ConfigCheckMethod.self) { [unowned self] params in
      do throws(ConfigurationError) {
        let configuration: Configuration
        if let text = params.yaml {
          configuration = try Configuration.parse(
            text: text, name: params.name ?? self.path, environment: Environment.process())
          try configuration.checkNodeNames { NodeID(name: $0) != nil }
        } else {
          configuration = try ConfigurationCheck.load(self.path)
        }
        return ConfigurationReport(problems: self.node.pluginProblems(configuration).map(Daemon.shape))
      } catch {
        return ConfigurationReport(problems: error.problems.map(Daemon.shape))
      }
    }
    server.answer(ReloadMethod.self) { [unowned self] _ throws(ControlError) in
      do throws(ConfigurationError) {
        let outcome = try self.reload()
        return ReloadReport(changes: outcome.changes, needRestart: outcome.needRestart)
      } catch {
        throw ControlError(.config, "\(error)", hint: "Nothing was changed; the former configuration stays in force.")
      }
    }
  }

  private static func shape(_ problem: MeshConfig.ConfigurationProblem) -> MeshControl.ConfigurationProblem {
    MeshControl.ConfigurationProblem(
      file: problem.file, line: UInt64(clamping: problem.position.line),
      column: UInt64(clamping: problem.position.column),
      message: problem.key.isEmpty ? problem.message : "\(problem.key): \(problem.message)",
      suggestion: problem.suggestion)
  }
}
