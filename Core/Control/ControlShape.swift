// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// Parameters, a result or an event of a method: something that goes over the socket as CBOR.
public protocol ControlShape: Equatable, Sendable {
  /// The value to send. Missing values are left out.
  var cbor: CBOR { get }
  /// Reads a value; the error names the field that is wrong.
  init(cbor: CBOR) throws(ControlError)
}
