// SPDX-License-Identifier: Apache-2.0

/// What a run of buffers must keep to.
public struct RunLimits {
  /// Largest payload, bytes.
  public var mtu: UInt32
  /// Most bytes of all payloads together.
  public var bytes: UInt64

  /// Limits; see the members.
  public init(mtu: UInt32, bytes: UInt64) {
    self.mtu = mtu
    self.bytes = bytes
  }
}
