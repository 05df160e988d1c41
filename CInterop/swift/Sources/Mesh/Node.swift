// SPDX-License-Identifier: Apache-2.0
import CMesh
import Synchronization

/// One application on one node, which runs in this process or is a running `meshd`.
///
/// Calls may come from any thread; a lock inside the library puts them in order, so that a thread that waits holds up
/// the others. It is closed when it goes out of scope; `close` first lets what was accepted arrive.
public struct Node: ~Copyable, @unchecked Sendable {
  static let batch = 64
  let handle: OpaquePointer
  private let room: UnsafeMutablePointer<mesh_event>
  private let inUse = Atomic<Bool>(false)

  /// Opens a node or attaches to one. A node in the process listens when this returns; what of it did not work comes as
  /// `Event.transport`.
  public init(_ home: Home, options: OpenOptions = OpenOptions()) throws(MeshError) {
    handle = try options.open(home)
    room = .allocate(capacity: Node.batch)
    room.initialize(repeating: mesh_event(), count: Node.batch)
  }

  deinit {
    mesh_close(handle, 0)
    room.deallocate()
  }

  /// Ends the node: nothing more is taken, and what was accepted gets `drain` milliseconds to be confirmed. `.expired`
  /// when something was not; the node is closed all the same.
  public consuming func close(drain: UInt32 = 1000) throws(MeshError) {
    // `deinit` finds it closed and does no harm.
    try MeshError.check(mesh_close(handle, drain))
  }

  /// A descriptor that is readable while events wait. Watch it; never read or close it.
  public var descriptor: Int32 { mesh_fd(handle) }

  /// Takes the events that wait, 64 at most, and hands over each; answers how many they were. Messages of the last call
  /// that nobody kept count as delivered now. `.state` inside `body`.
  @discardableResult
  public func events<Failure: Error>(_ body: (Event) throws(Failure) -> Void) throws -> Int {
    guard !inUse.exchange(true, ordering: .acquiring) else {
      throw MeshError(code: .state, sentence: "the events of another call are still in use")
    }
    defer { inUse.store(false, ordering: .releasing) }
    let count = try MeshError.check(mesh_events(handle, room, UInt32(Node.batch)))
    for index in 0..<count { try body(Event(UnsafePointer(room + index))) }
    return count
  }

  /// Takes the events that wait; when there is none, waits for some. Answers how many they were: 0 when `timeout`
  /// milliseconds are over or `wake` was called; nil = for ever.
  @discardableResult
  public func waitEvents<Failure: Error>(
    timeout: Int32? = nil, _ body: (Event) throws(Failure) -> Void
  ) throws -> Int {
    // Taking comes first: it gives back what the last call lent, which must not wait for the next event.
    let count = try events(body)
    if count > 0 { return count }
    try wait(timeout: timeout)
    return try events(body)
  }

  /// Waits until events wait (true), `wake` is called or `timeout` milliseconds are over (false); nil = for ever. Does
  /// the node's work meanwhile.
  @discardableResult
  public func wait(timeout: Int32? = nil) throws(MeshError) -> Bool {
    try MeshError.check(mesh_wait(handle, timeout ?? -1)) > 0
  }

  /// Makes a `wait` of another thread, or the next one, return.
  public func wake() throws(MeshError) { try MeshError.check(mesh_wake(handle)) }

  /// Keeps what an event lends for as long as the result lives. A message does not count as delivered, and uses the
  /// sender's credit, until then.
  @_lifetime(borrow self)
  public func keep(_ lent: Lent) throws(MeshError) -> Kept {
    var number: UInt64 = 0
    try MeshError.check(mesh_keep(handle, lent.event, &number))
    return Kept(node: self, number: number, event: lent.event.pointee)
  }
}
