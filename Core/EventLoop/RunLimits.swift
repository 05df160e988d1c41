// SPDX-License-Identifier: Apache-2.0

/// What a run of buffers must keep to.
public struct RunLimits {
  /// Largest payload, bytes.
  public var mtu: UInt32
  /// Most bytes of all payloads together.
  public var bytes: UInt64

  /// Bits of `stream` that have to be the same in all: all ones for a run of one lane, 0 for a run of a link.
  public var streamMask: UInt32

  /// Limits; see the members.
  public init(mtu: UInt32, bytes: UInt64, streamMask: UInt32 = 0) {
    self.mtu = mtu
    self.bytes = bytes
    self.streamMask = streamMask
  }
}
