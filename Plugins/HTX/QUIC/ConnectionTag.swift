// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// What the ids of an endpoint's connections have in common, so that the kernel can keep its packets apart from those of
/// another endpoint on the same UDP port. Nobody without it can tell them from random ones.
public struct ConnectionTag: Sendable {
  let raw: cquic_tag

  /// A random one; nil without random bytes.
  public init?() {
    var made = cquic_tag()
    guard cquic_tag_make(&made) == 0 else { return nil }
    raw = made
  }
}
