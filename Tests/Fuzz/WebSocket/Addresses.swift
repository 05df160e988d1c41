// SPDX-License-Identifier: Apache-2.0
// Modules: TransportBytes=Plugins/Shared/Bytes WebSocketCore=Plugins/WebSocket/Core
import WebSocketCore

/// Addresses from peer records, and what proxies answer. The first byte chooses.
@c(LLVMFuzzerTestOneInput)
public func fuzzAddresses(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard let data, size > 0 else { return 0 }
  let rest = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
  if data[0] & 1 == 0 {
    guard let text = String(validating: rest, as: UTF8.self) else { return 0 }
    if let address = WebSocketAddress(text) { precondition(address.path.hasPrefix("/")) }
    if let proxy = ProxyAddress(text) { _ = ProxyHandshake(proxy: proxy, host: "h", port: 1).opening }
    return 0
  }
  guard let proxy = ProxyAddress(data[0] & 2 == 0 ? "http://p" : "socks5://u:p@p") else { return 0 }
  var handshake = ProxyHandshake(proxy: proxy, host: "node", port: 80)
  var at = 0
  while true {
    guard let step = try? handshake.receive(UnsafeRawBufferPointer(rebasing: rest[at...])) else { return 0 }
    switch step {
    case .wait: return 0
    case .send(let consumed, _): at += consumed
    case .connected(let consumed):
      precondition(at + consumed <= rest.count)
      return 0
    }
  }
}
