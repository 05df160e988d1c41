// SPDX-License-Identifier: Apache-2.0
import CMeshABI
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
      case "mtu": mtu = try Self.number(parameter, index, 256...65_528)
      case "max_links": maximumLinks = try Self.number(parameter, index, 1...1_000_000)
      case "max_handshakes": maximumHandshakes = try Self.number(parameter, index, 1...65_536)
      case "send_buffer": sendBuffer = try Self.number(parameter, index, 0...1 << 30)
      case "receive_buffer": receiveBuffer = try Self.number(parameter, index, 0...1 << 30)
      case "queue_frames": queueFrames = try Self.number(parameter, index, 16...65_536)
      case "queue_bytes": queueBytes = try Self.number(parameter, index, 65_536...1 << 30)
      case "handshake_timeout": handshakeTimeout = UInt64(try Self.number(parameter, index, 1...1 << 40))
      case "close_timeout": closeTimeout = UInt64(try Self.number(parameter, index, 1...1 << 40))
      case "origins": origins = (origins ?? []) + [try Self.text(parameter, index)]
      case "certificate": certificate = try Self.text(parameter, index)
      case "key": key = try Self.text(parameter, index)
      case "authorities": authorities = try Self.text(parameter, index)
      case "pin": pin = try Self.text(parameter, index)
      case "proxy":
        let text = try Self.text(parameter, index)
        guard let address = ProxyAddress(text) else { throw WrongParameter(index: index) }
        proxy = address
      default: throw WrongParameter(index: index)
      }
    }
    if let origins { self.origins = origins }
  }

  private static func number(
    _ parameter: mesh_param, _ index: Int, _ range: ClosedRange<Int>
  ) throws(WrongParameter) -> Int {
    let isNumber = [MESH_TYPE_INT, MESH_TYPE_SIZE, MESH_TYPE_DURATION].contains(parameter.type)
    guard isNumber, let value = Int(exactly: parameter.value.integer), range.contains(value) else {
      throw WrongParameter(index: index)
    }
    return value
  }

  private static func text(_ parameter: mesh_param, _ index: Int) throws(WrongParameter) -> String {
    guard parameter.type == MESH_TYPE_STRING || parameter.type == MESH_TYPE_PATH, let text = parameter.value.text
    else { throw WrongParameter(index: index) }
    return String(cString: text)
  }
}

/// A value that cannot be taken, by its place in the list.
struct WrongParameter: Error {
  let index: Int
}
