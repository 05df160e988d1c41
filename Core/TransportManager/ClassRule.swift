// SPDX-License-Identifier: Apache-2.0

/// Which transports a traffic class may use.
public struct ClassRule: Hashable, Sendable {
  /// Names of transports that the class never uses.
  public var forbid: Set<String>
  /// When not empty, the only transports that the class uses.
  public var only: Set<String>

  /// A rule; without arguments everything is allowed.
  public init(forbid: Set<String> = [], only: Set<String> = []) {
    self.forbid = forbid
    self.only = only
  }

  /// Whether the class may use the transport.
  public func allows(_ transport: String) -> Bool {
    !forbid.contains(transport) && (only.isEmpty || only.contains(transport))
  }
}
