// SPDX-License-Identifier: Apache-2.0

/// Who has a buffer of the pool.
public struct BufferHolder: Equatable, Sendable {
  /// The holder's number.
  public let rawValue: UInt32
  /// Wraps a holder number; 0 is the pool, 1 the host, others are given out by the plugin host.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Nobody: the buffer is free.
  public static var pool: BufferHolder { BufferHolder(rawValue: 0) }
  /// The node itself.
  public static var host: BufferHolder { BufferHolder(rawValue: 1) }
}

/// What the pool knows about one buffer, apart from its bytes.
struct BufferRecord {
  /// Changes each time the buffer is given out, so that a kept descriptor is recognised.
  var generation: UInt32
  var holder: UInt32
  /// The next free buffer of the class.
  var next: UInt32
  var reserved: UInt32
  /// What was handed over with `transmit` and has to come back unchanged.
  var cookie: UInt64
  var link: UInt64
}
