// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// The daemon's side of the control protocol: a table of methods, and connections that take bytes and give bytes.
///
/// It touches no socket and no clock. Everything happens on the caller's thread, handlers included.
public final class ControlServer {
  /// Does a call. It may answer at once, or keep the call and answer later from the same thread.
  public typealias Handler = (ControlCall) -> Void

  struct Method {
    let access: ControlAccess
    let handler: Handler
  }

  let limits: ControlLimits
  private var opened: UInt64 = 0
  private(set) var methods: [String: Method] = [:]

  /// A server without methods.
  public init(limits: ControlLimits = ControlLimits()) { self.limits = limits }

  /// Adds a method under a name of its own choosing; `access` says who may call it.
  public func register(_ name: String, access: ControlAccess, _ handler: @escaping Handler) {
    methods[name] = Method(access: access, handler: handler)
  }

  /// Adds a method with its shapes. The handler gets the parameters after they have been checked.
  public func register<M: ControlMethod>(
    _ method: M.Type, _ handler: @escaping (ControlCall, M.Params) -> Void
  ) {
    register(M.name, access: M.access) { call in
      do throws(ControlError) {
        handler(call, try M.Params(cbor: call.params))
      } catch {
        call.fail(error)
      }
    }
  }

  /// Adds a method that answers at once.
  public func answer<M: ControlMethod>(
    _ method: M.Type, _ handler: @escaping (M.Params) throws(ControlError) -> M.Result
  ) {
    register(method) { call, params in
      do throws(ControlError) {
        call.reply(try handler(params).cbor)
      } catch {
        call.fail(error)
      }
    }
  }

  /// Begins a connection that was accepted at monotonic time `now` (nanoseconds).
  public func open(access: ControlAccess, credentials: ControlCredentials, now: UInt64) -> ControlConnection {
    opened += 1
    return ControlConnection(server: self, number: opened, access: access, credentials: credentials, now: now)
  }
}
