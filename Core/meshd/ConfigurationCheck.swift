// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshConfig
import MeshNode
import MeshWire

/// Reads and checks a configuration without running anything of the node.
enum ConfigurationCheck {
  /// The file with every check that needs no plugin.
  static func load(_ path: String) throws(ConfigurationError) -> Configuration {
    let configuration = try Configuration.load(path: path)
    try configuration.checkNodeNames { NodeID(name: $0) != nil }
    return configuration
  }

  /// `meshd --check`: prints what is wrong; 0 when nothing is, else 2.
  static func run(_ path: String, _ console: Console) -> Int32 {
    do throws(ConfigurationError) {
      let configuration = try load(path)
      for warning in configuration.warnings { console.errorLine("warning: \(warning)") }
      let report = PluginCheck(configuration).run()
      for line in report.warnings { console.errorLine("warning: \(line)") }
      guard report.problems.isEmpty else { throw ConfigurationError(report.problems) }
      console.line("\(path): good")
      return ExitCode.success
    } catch {
      console.errorLine("\(error)")
      return ExitCode.usage
    }
  }
}
