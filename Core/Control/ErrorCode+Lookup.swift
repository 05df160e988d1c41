// SPDX-License-Identifier: Apache-2.0

extension ErrorCode {
  /// The code that a person means by `MESH_E_TIMEOUT`, `timeout`, `-10` or `10`.
  public init?(named word: String) {
    let upper = word.uppercased()
    if let number = Int32(word), number != Int32.min, let code = ErrorCode(rawValue: -abs(number)) {
      self = code
      return
    }
    guard let code = ErrorCode.allCases.first(where: { $0.name == upper || $0.name == "MESH_E_" + upper }) else {
      return nil
    }
    self = code
  }

  /// What the code means, one paragraph.
  public var meaning: String { explanation.meaning }

  /// What to do about it, one paragraph.
  public var advice: String { explanation.advice }

  /// Whether the same call may work when it is repeated later without any change.
  public var isRetryable: Bool { flags.contains(.retryable) }
}
