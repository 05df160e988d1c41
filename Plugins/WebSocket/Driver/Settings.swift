import CMeshABI
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import WebSocketCore

/// The instance's part of the YAML.
struct Settings {
  /// Payload bytes of a packet. A frame's header of at most 8 bytes then still fits the largest pool buffer with it.
  var mtu = 65_528
  var maximumLinks = 1024
  var maximumHandshakes = 128
  var origins: [String] = []
  var proxy: ProxyAddress?
  var certificate: String?
  var key: String?
  var authorities: String?
  var pin: String?
  var sendBuffer = 0
  var receiveBuffer = 0
  var queueFrames = 256
  var queueBytes = 4 << 20
  var handshakeTimeout: UInt64 = 10_000_000_000
  var closeTimeout: UInt64 = 2_000_000_000

  /// Takes the values over these; throws the index of the first that cannot be taken.
  mutating func apply(_ parameters: UnsafeBufferPointer<mesh_param>) throws(WrongParameter) {
    var origins: [String]?
    for (index, parameter) in parameters.enumerated() {
      guard let name = parameter.name else { throw WrongParameter(index: index) }
      switch String(cString: name) {
      case "mtu": mtu = try parameter.number(index, 256...65_528)
      case "max_links": maximumLinks = try parameter.number(index, 1...1_000_000)
      case "max_handshakes": maximumHandshakes = try parameter.number(index, 1...65_536)
      case "send_buffer": sendBuffer = try parameter.number(index, 0...1 << 30)
      case "receive_buffer": receiveBuffer = try parameter.number(index, 0...1 << 30)
      case "queue_frames": queueFrames = try parameter.number(index, 16...65_536)
      case "queue_bytes": queueBytes = try parameter.number(index, 65_536...1 << 30)
      case "handshake_timeout": handshakeTimeout = UInt64(try parameter.number(index, 1...1 << 40))
      case "close_timeout": closeTimeout = UInt64(try parameter.number(index, 1...1 << 40))
      case "origins": origins = (origins ?? []) + [try parameter.text(index)]
      case "certificate": certificate = try parameter.text(index)
      case "key": key = try parameter.text(index)
      case "authorities": authorities = try parameter.text(index)
      case "pin": pin = try parameter.text(index)
      case "proxy":
        let text = try parameter.text(index)
        guard let address = ProxyAddress(text) else { throw WrongParameter(index: index) }
        proxy = address
      default: throw WrongParameter(index: index)
      }
    }
    if let origins { self.origins = origins }
  }
}
