// SPDX-License-Identifier: Apache-2.0

/// Why a page is read.
enum VisitPurpose: Equatable {
  /// So that a link is not the only connection.
  case cover
  /// What the origin's server says of itself is of interest.
  case calibration
  /// Whether QUIC is answered, for a link over TCP.
  case returning(UInt64)
}
