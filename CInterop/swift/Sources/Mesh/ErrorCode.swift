// SPDX-License-Identifier: Apache-2.0
import CMesh

/// What went wrong, as `meshctl explain` explains it. A later version of the library may have more.
public struct ErrorCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The number in `mesh.h`, negative.
  public var rawValue: Int32

  /// The code of a number.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// An argument is outside its range.
  public static let invalid = ErrorCode(rawValue: MESH_E_INVALID)
  /// A flag that this side does not know.
  public static let flag = ErrorCode(rawValue: MESH_E_FLAG)
  /// Not in this state.
  public static let state = ErrorCode(rawValue: MESH_E_STATE)
  /// Out of memory or buffers.
  public static let noMemory = ErrorCode(rawValue: MESH_E_NOMEM)
  /// The id names nothing any more.
  public static let stale = ErrorCode(rawValue: MESH_E_STALE)
  /// No credit or room now; an event will say when.
  public static let again = ErrorCode(rawValue: MESH_E_AGAIN)
  /// This plugin or host does not offer that.
  public static let unsupported = ErrorCode(rawValue: MESH_E_UNSUPPORTED)
  /// The address cannot be parsed or used.
  public static let address = ErrorCode(rawValue: MESH_E_ADDRESS)
  /// The other side refused.
  public static let refused = ErrorCode(rawValue: MESH_E_REFUSED)
  /// No answer in time.
  public static let timeout = ErrorCode(rawValue: MESH_E_TIMEOUT)
  /// No way to the address.
  public static let unreachable = ErrorCode(rawValue: MESH_E_UNREACHABLE)
  /// Closed in an orderly way.
  public static let closed = ErrorCode(rawValue: MESH_E_CLOSED)
  /// Died without a goodbye.
  public static let reset = ErrorCode(rawValue: MESH_E_RESET)
  /// A key, certificate or signature was not accepted.
  public static let auth = ErrorCode(rawValue: MESH_E_AUTH)
  /// The other side broke the protocol.
  public static let protocolViolation = ErrorCode(rawValue: MESH_E_PROTOCOL)
  /// A configuration value is wrong.
  public static let config = ErrorCode(rawValue: MESH_E_CONFIG)
  /// The change needs a restart of the instance.
  public static let restart = ErrorCode(rawValue: MESH_E_RESTART)
  /// The name or address is taken.
  public static let exists = ErrorCode(rawValue: MESH_E_EXISTS)
  /// Nothing by that name.
  public static let notFound = ErrorCode(rawValue: MESH_E_NOTFOUND)
  /// A configured limit is reached.
  public static let limit = ErrorCode(rawValue: MESH_E_LIMIT)
  /// Larger than the link now carries.
  public static let mtu = ErrorCode(rawValue: MESH_E_MTU)
  /// The lifetime has passed.
  public static let expired = ErrorCode(rawValue: MESH_E_EXPIRED)
  /// The operating system reported an error.
  public static let io = ErrorCode(rawValue: MESH_E_IO)
  /// Given up on request.
  public static let cancelled = ErrorCode(rawValue: MESH_E_CANCELLED)
  /// No common version.
  public static let version = ErrorCode(rawValue: MESH_E_VERSION)
  /// Somebody else serves it.
  public static let busy = ErrorCode(rawValue: MESH_E_BUSY)
  /// Not allowed here.
  public static let permission = ErrorCode(rawValue: MESH_E_PERMISSION)
  /// A bug on the side that says so.
  public static let internalFault = ErrorCode(rawValue: MESH_E_INTERNAL)
  /// The handle belongs to the process before the fork.
  public static let forked = ErrorCode(rawValue: MESH_E_FORKED)

  /// The same call may work later.
  public var isRetryable: Bool { mesh_error_flags(rawValue) & MESH_ERROR_RETRYABLE != 0 }
  /// A key or permission is at fault.
  public var isAuth: Bool { mesh_error_flags(rawValue) & MESH_ERROR_AUTH != 0 }
  /// The same call will never work.
  public var isPermanent: Bool { mesh_error_flags(rawValue) & MESH_ERROR_PERMANENT != 0 }

  /// The name in `mesh.h`, such as `MESH_E_TIMEOUT`.
  public var description: String { String(cString: mesh_error_name(rawValue)) }
  /// What it means and what to do, in a few sentences.
  public var explanation: String { String(cString: mesh_error_text(rawValue)) }
}
