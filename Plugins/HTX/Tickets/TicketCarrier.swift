// SPDX-License-Identifier: Apache-2.0

/// Where in a request a ticket travels.
public enum TicketCarrier: String, CaseIterable, Sendable {
  /// As the value of a cookie of any name.
  case cookie
  /// As `bn1=` in the query of the target.
  case query
  /// As `bn1=` in a form that is posted.
  case body

  /// The name in query and form.
  public static let parameter = "bn1"
}
