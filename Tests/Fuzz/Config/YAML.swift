// SPDX-License-Identifier: Apache-2.0
// Modules: MeshConfig=Core/Config
import MeshConfig

/// Any bytes are a configuration or an error with 1 to 20 problems, none of which holds a control character. What is
/// accepted is printed as YAML that is accepted again.
@c(LLVMFuzzerTestOneInput)
public func fuzzConfiguration(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: data, count: count))
  let options = [
    PluginOption(name: "store", kind: .path, isSecret: true),
    PluginOption(name: "window", kind: .size, fallback: "64KiB", isList: true),
  ]
  do throws(ConfigurationError) {
    let configuration = try Configuration.parse(bytes: input, name: "/f")
    for transport in configuration.transports {
      if let values = try? transport.pluginValues(options) {
        PluginValue.withParameters(values) { precondition($0.count == values.count) }
      }
    }
    do throws(ConfigurationError) {
      let again = try Configuration.parse(text: configuration.yaml(), name: "/f")
      precondition(again.peers == configuration.peers && again.protocols == configuration.protocols)
      precondition(again.node == configuration.node && again.policies == configuration.policies)
    } catch {
      fatalError(error.description)
    }
  } catch {
    precondition((1...ConfigurationError.limit).contains(error.problems.count))
    for problem in error.problems { precondition(!problem.description.utf8.contains { $0 < 0x20 }) }
  }
  return 0
}
