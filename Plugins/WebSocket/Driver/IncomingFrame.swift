import CMeshABI
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import WebSocketCore

/// The frame that is arriving on a link, and the message that it belongs to.
struct IncomingFrame {
  /// Room for a header that has arrived in part, and behind it for the payload of a control frame.
  private let space = UnsafeMutableRawPointer.allocate(
    byteCount: 16 + FrameHeader.maximumControlPayload, alignment: 16)
  /// Bytes of the header that have arrived.
  var headerCount = 0
  /// The header of the frame whose payload is arriving.
  var header = FrameHeader(opcode: .binary, payloadLength: 0)
  var isActive = false
  /// Payload bytes of the frame that have arrived.
  var received = 0
  /// The message so far; a buffer of the pool when `hasBuffer`.
  var buffer = mesh_buf()
  var hasBuffer = false
  /// A first fragment arrived and the last has not.
  var inMessage = false
  /// The last message was large: then a read should end where the next header does, so that no payload is copied.
  var expectsLarge = false

  var partialHeader: UnsafeMutableRawPointer { space }
  var control: UnsafeMutableRawPointer { space + 16 }
  var missing: Int { header.payloadLength &- received }

  func deallocate() { space.deallocate() }
}
