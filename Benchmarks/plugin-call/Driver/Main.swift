// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import CPlugin
import MeshEventLoop
import MeshPluginHost

/// What a call from the host to a plugin costs a message, in batches of 64: the table alone, and through
/// `PluginHost.transmit` with its checks, against a host and a plugin in C measured in the same run.
@main
struct PluginCall {
  static let batch = 64
  static let rounds = 200_000
  static let tries = 7
  /// Buffers on their way at a time: 16 batches, which stay in the caches as they do in a busy node.
  static let buffers = 1024
  static let turns = 2000

  static func main() {
    let reference = best { cHost(c_plugin_entry) }
    let cTable = best { swiftHost(c_plugin_entry) }
    let swiftTable = best { swiftHost(swiftPluginEntry) }
    let cHostPath = best { pluginHost(c_plugin_entry) }
    let swiftHostPath = best { pluginHost(swiftPluginEntry) }
    print(
      """
      {"benchmark": "plugin-call", "batch": \(batch), "unit": "ns/message",
       "reference_c_host_c_plugin": \(text(reference)),
       "table_c_plugin": {"ns": \(text(cTable)), "ratio": \(text(cTable / reference))},
       "table_swift_plugin": {"ns": \(text(swiftTable)), "ratio": \(text(swiftTable / reference))},
       "plugin_host_c_plugin": {"ns": \(text(cHostPath)), "ratio": \(text(cHostPath / reference))},
       "plugin_host_swift_plugin": {"ns": \(text(swiftHostPath)), "ratio": \(text(swiftHostPath / reference))}}
      """)
  }

  private static func best(_ body: () -> Double) -> Double { (0..<tries).map { _ in body() }.min() ?? 0 }

  private static func text(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded())
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.utf8.count) + fraction
  }

  /// The plugin's table and a context, outside a host.
  private static func table(_ entry: mesh_plugin_entry_v1_fn) -> (mesh_plugin_api, UnsafeMutablePointer<counted>) {
    var table = mesh_plugin_api()
    table.size = UInt32(MemoryLayout<mesh_plugin_api>.size)
    var host = mesh_host_api()
    _ = entry(&host, &table)
    let state = UnsafeMutablePointer<counted>.allocate(capacity: 1)
    state.initialize(to: counted())
    return (table, state)
  }

  private static func payload() -> UnsafeMutablePointer<mesh_buf> {
    let buffers = UnsafeMutablePointer<mesh_buf>.allocate(capacity: batch)
    buffers.initialize(repeating: mesh_buf(), count: batch)
    for index in 0..<batch { buffers[index].len = 1200 }
    return buffers
  }

  private static func cHost(_ entry: mesh_plugin_entry_v1_fn) -> Double {
    var (table, state) = table(entry)
    let buffers = payload()
    defer {
      buffers.deallocate()
      state.deallocate()
    }
    let time = c_host_transmit(&table, state, buffers, UInt32(batch), UInt64(rounds))
    return Double(time) / Double(rounds * batch)
  }

  @inline(never)
  private static func swiftHost(_ entry: mesh_plugin_entry_v1_fn) -> Double {
    let (table, state) = table(entry)
    let buffers = payload()
    defer {
      buffers.deallocate()
      state.deallocate()
    }
    guard let transmit = table.transmit else { return 0 }
    let start = MonotonicClock.read()
    for _ in 0..<rounds { _ = transmit(state, buffers, UInt32(batch)) }
    return Double(MonotonicClock.read() - start) / Double(rounds * batch)
  }

  /// Hands pooled buffers over in batches; asking for figures gives them back, outside the measured time.
  private static func pluginHost(_ entry: mesh_plugin_entry_v1_fn) -> Double {
    let node = BenchmarkNode()
    defer { withExtendedLifetime(node) {} }
    guard let loop = try? EventLoop(), let pool = BufferPool(smallLimit: buffers, largeLimit: 1) else { return 0 }
    node.pool = pool
    let host = PluginHost(
      loop: loop, pool: pool, offloadPool: OffloadPool(), delegate: node, log: { _, _, _ in }, stateDirectory: nil)
    let all = UnsafeMutableBufferPointer<mesh_buf>.allocate(capacity: buffers)
    defer { all.deallocate() }
    guard let plugin = try? host.register(entry), let id = try? host.createInstance(of: plugin, name: "one"),
      let start = all.baseAddress, (try? host.start(id)) != nil
    else { return 0 }
    loop.runOnce()
    guard let link = try? host.connect(id, to: "x") else { return 0 }
    loop.runOnce()
    var time: UInt64 = 0
    for _ in 0..<turns {
      for index in 0..<buffers {
        _ = pool.take(min: 1200, for: .host, into: start + index)
        all[index].link = link.rawValue
        all[index].len = 1200
      }
      var taken = 0
      let begin = MonotonicClock.read()
      for index in 0..<(buffers / batch) {
        taken += host.transmit(UnsafeMutableBufferPointer(rebasing: all[(index * batch)..<((index + 1) * batch)]))
      }
      time += MonotonicClock.read() - begin
      guard taken == buffers else { return 0 }
      _ = host.figures(of: id)
      loop.runOnce()
    }
    return Double(time) / Double(turns * buffers)
  }
}
