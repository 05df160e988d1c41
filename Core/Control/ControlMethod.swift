// SPDX-License-Identifier: Apache-2.0

/// A method: its name, who may call it, and the shapes that go both ways.
public protocol ControlMethod {
  /// Parameters of the request.
  associatedtype Params: ControlShape
  /// What ends the call.
  associatedtype Result: ControlShape
  /// What happens before; `Nothing` when there are no events.
  associatedtype Event: ControlShape = Nothing
  /// Its name, for example `peers.list`.
  static var name: String { get }
  /// Who may call it.
  static var access: ControlAccess { get }
}
