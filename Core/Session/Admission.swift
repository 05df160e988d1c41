// SPDX-License-Identifier: Apache-2.0

/// What a node answers to a peer that has proved its name.
public enum Admission: Sendable {
  /// A session with the peer exists or may begin.
  case admitted
  /// The peer is not on the access list.
  case stranger
  /// The peer would be let in, but there is no room for it now.
  case full
}
