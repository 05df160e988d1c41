// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleNetwork

/// The instance's part of the YAML.
struct PluginSettings {
  var agent = AgentSettings()
  var network = NetworkSettings()
  /// The file of the contact plan.
  var planFile: String?
  /// The rules of `security` as they stand in the file.
  var security: [String] = []
}

/// A value that cannot be taken.
struct SettingsProblem: Error {
  /// Its place in the list.
  let index: Int
  /// What is wrong with it, where more is to be said than that it is none for its key.
  var text: String?
  /// It can be taken at a start.
  var needsRestart = false
}
