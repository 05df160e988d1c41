// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleNetwork

/// The instance's part of the YAML.
struct PluginSettings {
  var agent = AgentSettings()
  var network = NetworkSettings()
}
