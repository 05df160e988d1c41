// SPDX-License-Identifier: Apache-2.0
import CApplication

/// Where a node's events for one application go: a ring in the process, or the output of a socket.
///
/// A class with one virtual call per event and no more, since every message passes through it.
open class EventSink {
  /// A sink that has no room; subclasses override `append`.
  public init() {}

  /// Adds an event, whole or not at all.
  /// - Parameters:
  ///   - header: lengths and pointers are filled in by the sink.
  ///   - meta: at most 4096 bytes.
  ///   - data: the payload; copied.
  /// - Returns: false when there is no room now; the port tries again after `ApplicationPort.resume`.
  open func append(
    _ header: application_event, meta: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer
  ) -> Bool { false }
}
