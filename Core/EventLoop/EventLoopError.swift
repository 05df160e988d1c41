// SPDX-License-Identifier: Apache-2.0

/// Why a call on the loop failed.
public enum EventLoopError: Error, Equatable {
  /// The operating system refused; `errno` as in errno(3).
  case system(call: StaticString, errno: Int32)
  /// More descriptors are watched than the loop was told to allow.
  case tooManyDescriptors(limit: Int)

  /// Compares number and limit; the call is for people.
  public static func == (left: EventLoopError, right: EventLoopError) -> Bool {
    switch (left, right) {
    case (.system(_, let first), .system(_, let second)): first == second
    case (.tooManyDescriptors(let first), .tooManyDescriptors(let second)): first == second
    default: false
    }
  }
}
