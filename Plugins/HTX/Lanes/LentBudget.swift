// SPDX-License-Identifier: Apache-2.0

/// Bytes of answers that all visitors together have been lent and have not acknowledged. Whoever asks for much and takes
/// nothing, on many connections, holds no more of the memory than this, and a little for each connection.
public final class LentBudget {
  /// Bytes of one connection in any case, and while there is room.
  static let least = 65_536
  static let most = 1 << 20

  private let limit: Int
  private(set) var used = 0

  /// At most `limit` bytes beyond what each connection has in any case.
  public init(limit: Int = 16 << 20) { self.limit = limit }

  /// What a connection may hold now.
  var share: Int { used < limit ? Self.most : Self.least }

  func add(_ count: Int) { used += count }
}
