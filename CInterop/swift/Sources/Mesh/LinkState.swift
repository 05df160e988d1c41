// SPDX-License-Identifier: Apache-2.0

/// What happened to a link.
public enum LinkState: UInt64, Sendable {
  /// It carries data.
  case confirmed = 1
  /// It has been silent for longer than it should.
  case suspect = 2
  /// It carries data again.
  case recovered = 3
  /// It ended in an orderly way.
  case closed = 4
  /// It died.
  case failed = 5
}
