// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// What the store knows of a bundle without the disk.
public struct BundleOutline: Sendable {
  /// Its number.
  public var sequence: UInt64
  /// Who it is for.
  public var destination: EndpointID
  /// As in its record.
  public var marks: BundleRecord.Marks
  /// As in its record.
  public var copies: UInt32?
}
