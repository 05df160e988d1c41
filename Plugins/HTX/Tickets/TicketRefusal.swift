// SPDX-License-Identifier: Apache-2.0

/// Why a ticket opened nothing. For figures and logs only: a client must never learn which it was.
public enum TicketRefusal: String, Error, Sendable {
  /// The site has no key with that id.
  case unknownKey = "unknown key"
  /// The value is wrong for the hours that are accepted.
  case wrongValue = "wrong value"
  /// It was used before.
  case replayed
  /// Its network asks too often.
  case overRate = "over rate"
  /// More tickets of these hours were used than are remembered.
  case memoryFull = "memory full"
  /// It may have been used before: the memory could not be read.
  case memoryUnread = "memory unread"
}
