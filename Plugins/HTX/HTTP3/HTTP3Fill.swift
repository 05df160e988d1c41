// SPDX-License-Identifier: Apache-2.0

/// What a body has to send.
public enum HTTP3Fill: Sendable {
  /// So many vectors, at least one; it is asked again when they have gone.
  case filled(Int)
  /// Nothing until `HTTP3Connection.resume`.
  case wait
  /// So many vectors, and they are its last.
  case last(Int)
  /// It cannot go on; the stream is reset.
  case broken
}
