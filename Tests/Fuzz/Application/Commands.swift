// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto MeshSession=Core/Session MeshMultiplexer=Core/Multiplexer MeshTransportManager=Core/TransportManager MeshConfig=Core/Config MeshObserve=Core/Observe MeshEventLoop=Core/EventLoop MeshPluginHost=Core/PluginHost MeshNode=Core/Node MeshControl=Core/Control MeshApplication=Core/Application
import CApplication
import Glibc
import MeshApplication
import MeshConfig
import MeshControl
import MeshCrypto
import MeshEventLoop
import MeshNode
import MeshObserve
import MeshTransportManager
import MeshWire

/// A sink of 16 KiB that the input empties.
final class FuzzSink: EventSink {
  var used = 0

  override func append(
    _ header: application_event, meta: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer
  ) -> Bool {
    let size = 64 + meta.count + data.count
    guard used == 0 || used + size <= 16_384 else { return false }
    used += size
    return true
  }
}

/// One node for all inputs; its one peer is made anew for each, so that nothing is kept.
nonisolated(unsafe) let node: Node = {
  var template = Array("/tmp/mesh-fuzz-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { exit(1) }
  let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  do {
    let configuration = try Configuration.parse(
      text:
        "node: { state: \(folder) }\nplugins: { directories: [\(folder)], trust: any }\ntransport_priority: [unix]\n",
      name: "fuzz.yaml")
    let node = try Node(configuration: configuration, loop: try EventLoop(), log: .silent)
    try node.start()
    return node
  } catch {
    print(error)
    exit(1)
  }
}()

/// A command whose members the input chooses from what is nearly right.
func command(_ bytes: ArraySlice<UInt8>, peer: UInt64) -> [UInt8] {
  let part = Array(bytes) + [UInt8](repeating: 0, count: 8)
  var header = application_command()
  header.kind = UInt32(part[0] % 21)
  header.flags = UInt32(part[1]) << (part[2] & 1)
  header.id = UInt64(part[2] >> 1) | (part[2] > 250 ? 1 << 62 : 0)
  header.peer = part[3] & 7 == 0 ? UInt64(part[3]) : peer
  header.value = UInt64(part[4] & 15)
  header.lifetime_ms = UInt64(part[5] & 3)
  header.tclass = part[5] >> 5
  header.protocol = UInt32(part[6] & 3)
  let length = header.kind == APP_PROTOCOL ? 4 : Int(part[7]) * (part[6] > 200 ? 4000 : 1)
  header.len = UInt32(length)
  header.meta_len = UInt16(part[6] >> 6)
  let key = header.flags & APP_FLAG_KEY != 0 ? 16 : 0
  var record = withUnsafeBytes(of: header) { Array($0) } + [UInt8](repeating: 1, count: key + Int(header.meta_len))
  record += header.kind == APP_PROTOCOL ? Array("/a/1".utf8) : [UInt8](repeating: part[7], count: length)
  record += [UInt8](repeating: 0, count: (8 - record.count % 8) % 8)
  return record
}

/// Half of the inputs are bytes as they are, the others commands that are nearly right.
@c(LLVMFuzzerTestOneInput)
public func fuzzCommands(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  guard count > 1, let id = NodeID(bytes: [UInt8](repeating: 2, count: 32)) else { return 0 }
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  guard let peer = try? node.core.setPeer(id, addresses: [], now: node.loop.now) else { return 0 }
  let sink = FuzzSink()
  let port = ApplicationPort(node: node, sink: sink, name: "fuzz", control: ControlServer(), access: .client)
  do {
    if input[0] & 1 == 0 {
      _ = try input[1...].withUnsafeBytes { try port.submit($0) }
    } else {
      for at in stride(from: 1, to: count, by: 8) {
        let record = command(input[at..<min(at + 8, count)], peer: peer.handle.rawValue)
        _ = try record.withUnsafeBytes { try port.submit($0) }
        if input[at] & 0xc0 == 0xc0 {
          port.turnEnded()
          sink.used = 0
          port.resume()
        }
      }
    }
  } catch {}
  node.loop.runOnce()
  port.turnEnded()
  port.close()
  node.core.removePeer(id, now: node.loop.now)
  node.loop.runOnce()
  return 0
}
