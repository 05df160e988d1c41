// SPDX-License-Identifier: Apache-2.0

/// The error codes of `mesh_plugin.h`, with what each means and what to do. `meshctl explain` prints them.
public enum ErrorCode: Int32, CaseIterable, Sendable {
  case invalid = -1
  case flag = -2
  case state = -3
  case noMemory = -4
  case stale = -5
  case again = -6
  case unsupported = -7
  case address = -8
  case refused = -9
  case timeout = -10
  case unreachable = -11
  case closed = -12
  case reset = -13
  case auth = -14
  case `protocol` = -15
  case config = -16
  case restart = -17
  case exists = -18
  case notFound = -19
  case limit = -20
  case mtu = -21
  case expired = -22
  case io = -23
  case cancelled = -24
  case version = -25
  case busy = -26
  case permission = -27
  case `internal` = -28

  /// The name in the header, for example `MESH_E_NOTFOUND`.
  public var name: String {
    switch self {
    case .noMemory: "MESH_E_NOMEM"
    case .notFound: "MESH_E_NOTFOUND"
    default: "MESH_E_\("\(self)".uppercased())"
    }
  }

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
}
