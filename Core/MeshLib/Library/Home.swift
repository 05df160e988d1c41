// SPDX-License-Identifier: Apache-2.0
import CLibrary
import CLinux
import MeshControl
import Synchronization

/// Where a handle's work is done: a node in this process, or a connection to a daemon.
///
/// Whoever has the seat takes turns: the library's thread, or the application's while it waits. Everything of a home
/// belongs to the seat, except what is said to be for any thread.
class Home: @unchecked Sendable {
  /// From the application; it writes, the seat reads.
  let commands: RecordQueue
  /// To the application; the seat writes, it reads.
  let writer: EventWriter
  /// Whoever has the seat sleeps, or is about to: new commands must wake it.
  let isSleeping = Atomic<Bool>(false)
  /// The reader of events has made room.
  let isResumeWanted = Atomic<Bool>(false)
  /// Who takes turns.
  let seat: UnsafeMutablePointer<library_seat>
  /// Why the home has ended by itself; set once.
  private(set) var fault: LibraryError?
  let hasEnded = Atomic<Bool>(false)
  private var thread: UInt64 = 0

  init(writer: EventWriter) throws(LibraryError) {
    guard let commands = RecordQueue() else { throw .noMemory }
    self.commands = commands
    self.writer = writer
    seat = .allocate(capacity: 1)
    seat.initialize(to: library_seat())
    seat.pointee.state = LIBRARY_SEAT_IN
  }

  deinit { seat.deallocate() }

  /// An eventfd that ends the wait of a turn.
  var wakeDescriptor: Int32 { -1 }

  /// Works; waits at most `maxWait` nanoseconds for something to do.
  func turn(maxWait: UInt64) {}

  /// Ends the wait of a turn. From any thread.
  func wake() {}

  /// Ends everything within so many nanoseconds. The library's thread has ended, the caller has the seat.
  func finish(within: UInt64) {}

  /// The application's number for the peer that an answer calls `number`. From any thread.
  func peerNumber(_ number: UInt64, _ name: [UInt8]) -> UInt64 { number }

  /// Whether every reliable message needs a key, because it may be sent again.
  var needsKeys: Bool { false }

  /// The end that was not asked for.
  func fail(_ error: LibraryError) {
    if fault == nil { fault = error }
    hasEnded.store(true, ordering: .sequentiallyConsistent)
  }

  // MARK: the application's side

  /// There are new commands.
  @inline(__always)
  func notify() {
    // The exchange also orders the command before the look, as `sleep` orders them the other way round.
    if isSleeping.exchange(false, ordering: .sequentiallyConsistent) { wake() }
  }

  /// Takes the seat for the calling thread.
  func takeSeat() {
    if library_seat_try(seat) { return }
    library_seat_want(seat)
    wake()
    library_seat_await(seat)
  }

  /// Leaves the seat; the library's thread takes it after a while.
  @inline(__always)
  func leaveSeat() { library_seat_leave(seat) }

  /// Starts the library's thread. The caller has the seat and keeps it.
  func startThread() throws(LibraryError) {
    let code = library_thread_start(&thread, homeThread, Unmanaged.passRetained(self).toOpaque())
    guard code == 0 else {
      Unmanaged.passUnretained(self).release()
      throw LibraryError(.noMemory, "a thread cannot be started (error \(code))")
    }
  }

  /// Ends the library's thread. The caller has the seat and keeps it.
  func stopThread() {
    guard thread != 0 else { return }
    library_seat_stop(seat)
    wake()
    library_thread_join(thread)
    thread = 0
    seat.pointee.state = LIBRARY_SEAT_IN
  }

  // MARK: the library's thread

  fileprivate func serve() {
    while library_seat_park(seat) {
      // Asked before the first turn too: the application may have asked while the seat was free, and wakes only once.
      while !library_seat_is_wanted(seat) { turn(maxWait: .max) }
      library_seat_give_up(seat)
    }
  }
}

@c private func homeThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  _ = clinux_thread_name("mesh-home")
  Unmanaged<Home>.fromOpaque(context).takeRetainedValue().serve()
  return nil
}
