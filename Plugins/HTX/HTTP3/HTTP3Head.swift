// SPDX-License-Identifier: Apache-2.0

/// The head of a request or of an answer, as it came.
public struct HTTP3Head: Sendable {
  /// In their order, pseudo-header fields first; not all of them when `isTooLarge`.
  public internal(set) var fields: [HTTPField] = []
  /// Its fields are longer than `HTTP3Limits.fieldSectionSize`.
  public internal(set) var isTooLarge = false
  /// What its fields count (RFC 9114, 4.2.2): names, values, and 32 bytes each.
  var size = 0
}
