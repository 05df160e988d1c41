// SPDX-License-Identifier: Apache-2.0
import CApplication

/// Where a node's events for one application go: a ring in the process, or the output of a socket.
///
/// A class with one virtual call per event and no more, since every message passes through it.
open class EventSink {
  /// A sink that has no room; subclasses override `append`.
  public init() {}

  /// Adds an event, whole or not at all.
  ///
  /// Events that carry what others send (`isPayload`) must leave an eighth of the sink to the others, so that an answer
  /// or credit finds room behind them. An event larger than the sink is taken when the sink is empty.
  /// - Parameters:
  ///   - header: lengths and pointers are filled in by the sink.
  ///   - meta: at most 4096 bytes.
  ///   - data: the payload; copied. At most `MESH_MESSAGE_MAX` bytes.
  /// - Returns: false when there is no room now; the port tries again after `ApplicationPort.resume`.
  open func append(
    _ header: application_event, meta: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer
  ) -> Bool { false }

  /// Whether events of this kind must leave room for others: messages, data, requests, replies and log lines.
  @inline(__always)
  public static func isPayload(_ kind: UInt32) -> Bool { payloadKinds & (1 << UInt64(min(kind, 63))) != 0 }

  private static let payloadKinds: UInt64 = 1 << 1 | 1 << 5 | 1 << 8 | 1 << 9 | 1 << 17
}
