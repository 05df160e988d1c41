// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto BundleProtocol=Plugins/DTN/Bundle BundleSecurity=Plugins/DTN/Security BundleRouting=Plugins/DTN/Routing BundleStore=Plugins/DTN/Store BundleAgent=Plugins/DTN/Agent
import BundleAgent
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI
import MeshCrypto

/// A host that forgets.
private final class Deaf: AgentHost {
  let bundleTime: UInt64 = 800_000_000_000
  func report(_ token: UInt64, _ kind: UInt32, _ code: Int32) {}
  func arrived(_ id: [UInt8], _ envelope: [UInt8]) -> Bool { true }
  func send(_ message: [UInt8], to neighbour: [UInt8], token: UInt64) -> Bool { true }
  func log(_ level: UInt32, _ text: String) {}
}

private let me = [UInt8](repeating: 1, count: 32)
private let neighbour = [UInt8](repeating: 2, count: 32)

/// Whatever a neighbour says, in messages of one length byte and as many bytes: what is kept stays within its limits.
@c(LLVMFuzzerTestOneInput)
public func fuzzAgent(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  var settings = AgentSettings()
  settings.limits.total = .init(bytes: 4096, count: 8)
  settings.reports = .reports
  settings.reportsPerMinute = 4
  settings.echo = "echo"
  for (action, pattern) in [(.verify, "ipn:1.*"), (.decrypt, "ipn:2.*")] as [(SecurityRule.Action, String)] {
    if let pattern = try? EndpointPattern(pattern) {
      settings.security.append(SecurityRule(action, pattern, key: SecretBytes([UInt8](repeating: 3, count: 16))))
    }
  }
  let host = Deaf()
  guard let agent = BundleAgent(key: me, store: BundleStore(limits: settings.limits), settings: settings, host: host)
  else { return 0 }
  agent.came(neighbour)
  agent.came([9], node: nil, isNeighbour: false, isTrusted: false)
  _ = [UInt8](repeating: 7, count: 20).withUnsafeBytes {
    agent.submit($0, for: neighbour, token: 1, lifetime: 1000, trafficClass: 3)
  }
  let input = UnsafeRawBufferPointer(start: data, count: count)
  var at = 0
  while at < count {
    let length = min(Int(input[at]), count - at - 1)
    agent.message(UnsafeRawBufferPointer(rebasing: input[(at + 1)..<(at + 1 + length)]), from: neighbour)
    agent.arrived(Array(input[(at + 1)..<(at + 1 + length)]), number: UInt64(at), over: [9])
    _ = agent.turn()
    precondition(agent.bundleBytes <= 4096 && agent.bundleCount <= 8 && agent.figures.reportsSent <= 4)
    at += 1 + length
  }
  return 0
}
