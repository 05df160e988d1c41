// SPDX-License-Identifier: Apache-2.0

/// The way back to an object that keeps whoever holds this, for the thread of that object.
///
/// It keeps nothing, as `weak` does, and does not give the object a side table: behind one, each of an object's counts
/// takes the slow path for good. The object owns its backlink, and clears it in `deinit`.
public final class Backlink<Object: AnyObject> {
  /// The object, until it has gone.
  public private(set) unowned(unsafe) var object: Object?

  /// A way back that leads nowhere yet.
  public init() {}

  /// Leads to `object` from now on.
  public func lead(to object: Object) { self.object = object }

  /// The object goes.
  public func clear() { object = nil }
}
