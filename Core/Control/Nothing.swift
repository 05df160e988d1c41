// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// No parameters, or no result.
public struct Nothing: ControlShape {
  /// Nothing.
  public init() {}
  /// An empty map.
  public var cbor: CBOR { .map([]) }
  /// Accepts any map.
  public init(cbor: CBOR) throws(ControlError) { _ = try ControlFields(cbor, "parameters") }
}
