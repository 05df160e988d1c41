// SPDX-License-Identifier: Apache-2.0

/// Which end of a connection this is. It decides who masks: the client always, the server never (RFC 6455, 5.1).
public enum Role: UInt8, Sendable {
  /// The end that sent the upgrade request.
  case client
  /// The end that answered it.
  case server
}
