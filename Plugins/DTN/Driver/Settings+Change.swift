// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleNetwork
import BundlePlan
import CMeshABI
import MeshConfig
import TransportDriver

extension Settings {
  /// The settings with new values of keys that can change while the instance runs. A list comes as a whole.
  static func change(
    _ settings: PluginSettings, _ parameters: UnsafeBufferPointer<mesh_param>, now: UInt64
  ) throws(SettingsProblem) -> PluginSettings {
    var changed = settings
    let names = parameters.map { $0.name.map { String(cString: $0) } ?? "" }
    if names.contains("routes") { changed.agent.rules = [] }
    if names.contains("security") { (changed.security, changed.agent.security) = ([], []) }
    if names.contains("neighbours") { changed.network.known = [] }
    for (index, parameter) in parameters.enumerated() {
      switch names[index] {
      case "routes", "contacts": try routes(parameter, index, now, &changed)
      case "security": try security(parameter, index, &changed)
      case "neighbours", "strangers":
        do throws(WrongParameter) { try network(parameter, names[index], index, &changed) } catch {
          throw SettingsProblem(index: index)
        }
      default: throw SettingsProblem(index: index, needsRestart: true)
      }
    }
    let wantsPlan = changed.agent.routing == .contacts || changed.agent.rules.contains { $0.choice == .contacts }
    if wantsPlan, changed.planFile == nil {
      throw SettingsProblem(index: 0, text: "routing by contacts needs the key contacts, a file")
    }
    return changed
  }

  /// What the files say now that the settings name: contact plan and keys.
  /// - Throws: one sentence.
  static func reload(_ settings: PluginSettings, now: UInt64) throws(ReloadProblem) -> PluginSettings {
    guard settings.planFile != nil || !settings.security.isEmpty else {
      throw ReloadProblem(text: "there is neither a contact plan nor a key file (keys contacts and security)")
    }
    var changed = settings
    if let file = settings.planFile {
      do throws(ConfigurationProblem) { changed.agent.plan = try ContactPlanFile.read(file, reference: now) } catch {
        throw ReloadProblem(text: "\(error)")
      }
    }
    changed.agent.security = []
    for text in settings.security {
      do throws(SecurityRuleProblem) { changed.agent.security.append(try SecurityRule(text)) } catch {
        throw ReloadProblem(text: error.text)
      }
    }
    return changed
  }
}

/// Why files cannot be read again.
struct ReloadProblem: Error {
  let text: String
}
