// SPDX-License-Identifier: Apache-2.0

/// Why a Noise handshake ended.
public enum NoiseError: Error, Equatable, Sendable {
  /// A message is shorter than its keys and tags.
  case truncated
  /// A message is longer than 65,535 bytes (Noise revision 34, section 3).
  case tooLong
  /// A message was changed, or was made for other keys, another prologue or another handshake.
  case authentication
  /// A key agreement came out as all zero: the other side sent a low-order point.
  case lowOrderPoint
  /// `write`, `read` or `split` is not what comes next.
  case wrongTurn
  /// An earlier message failed; the handshake cannot go on.
  case failed
}
