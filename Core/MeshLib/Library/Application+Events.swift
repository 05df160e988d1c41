// SPDX-License-Identifier: Apache-2.0
import CApplication
import CLibrary
import CMeshABI
import MeshControl
import MeshEventLoop
import Synchronization

extension Application {
  /// `mesh_events`.
  func takeEvents(_ target: UnsafeMutablePointer<mesh_event>?, _ n: UInt32) -> Int32 {
    guard let target, n > 0 else {
      guard n == 0 else { return refuse(.invalid, "'events' is NULL although 'n' is not 0") }
      giveBack()
      return 0
    }
    giveBack()
    let limit = Int(min(n, UInt32(Int32.max)))
    var count = read(target, limit)
    if count == 0, library_seat_try(home.seat) {
      home.turn(maxWait: 0)
      home.leaveSeat()
      count = read(target, limit)
    }
    if count < limit {
      writer.signal.lower()
      if hasEvents { writer.signal.raise() }
    }
    if count == 0, home.hasEnded.load(ordering: .relaxed) { return (home.fault ?? .noMemory).tellClosed() }
    return Int32(truncatingIfNeeded: count)
  }

  /// Whether `mesh_events` would bring something.
  var hasEvents: Bool { !events.isEmpty || ownEventsTaken < ownEvents.count }

  /// `mesh_wait`.
  func wait(_ timeout: Int32) -> Int32 {
    if library_is_closing(slot) { return noAnswer().tell() }
    if takeWake() { return 0 }
    takeNotices()
    if hasEvents { return 1 }
    let deadline = timeout < 0 ? UInt64.max : MonotonicClock.read() &+ UInt64(timeout) &* 1_000_000
    home.takeSeat()
    defer { home.leaveSeat() }
    while true {
      takeNotices()
      if library_is_closing(slot) { return noAnswer().tell() }
      if hasEvents { return 1 }
      if takeWake() { return 0 }
      if home.hasEnded.load(ordering: .relaxed) { return (home.fault ?? .noMemory).tellClosed() }
      if deadline == .max {
        home.turn(maxWait: .max)
      } else {
        let now = MonotonicClock.read()
        guard now < deadline else { return 0 }
        home.turn(maxWait: deadline - now)
      }
    }
  }

  private func takeWake() -> Bool { library_take_wake(slot) }

  /// Gives back what the last `mesh_events` has lent; what was not kept is released.
  func giveBack() {
    guard events.isLending else { return }
    events.giveBack { _, bytes in
      guard let start = bytes.baseAddress else { return }
      var offset = 0
      while offset < bytes.count {
        let header = (start + offset).load(as: application_event.self)
        if Self.isLent(header.kind), header.flags & Self.keptFlag == 0 {
          release(
            kind: header.kind, id: header.id, value: header.kind == MESH_ON_DATA ? UInt64(header.len) : header.value)
        }
        offset += recordLength(meta: Int(header.meta_len), data: Int(header.len))
      }
    }
    flushReleases()
  }

  /// Events were read: what found no room may come.
  private func madeRoom() {
    if writer.isFull.load(ordering: .sequentiallyConsistent) {
      writer.isFull.store(false, ordering: .sequentiallyConsistent)
      home.isResumeWanted.store(true, ordering: .sequentiallyConsistent)
      home.notify()
    }
  }

  private func read(_ target: UnsafeMutablePointer<mesh_event>, _ limit: Int) -> Int {
    takeNotices()
    var count = 0
    while count < limit {
      if ownEventsTaken < ownEvents.count {
        target[count] = ownEvents[ownEventsTaken]
        ownEventsTaken += 1
        count += 1
        if ownEventsTaken == ownEvents.count {
          ownEvents.removeAll(keepingCapacity: true)
          ownEventsTaken = 0
        }
        continue
      }
      let bytes = events.readable()
      guard let start = bytes.baseAddress else { break }
      var offset = 0
      while offset < bytes.count, count < limit, ownEventsTaken == ownEvents.count {
        let header = (start + offset).load(as: application_event.self)
        fill(target + count, header, start + offset)
        if tell(header) { count += 1 }
        offset += recordLength(meta: Int(header.meta_len), data: Int(header.len))
      }
      events.advance(offset)
    }
    if count > 0 { madeRoom() }
    return count
  }

  @inline(__always)
  private func fill(
    _ event: UnsafeMutablePointer<mesh_event>, _ header: application_event, _ record: UnsafeRawPointer
  ) {
    let nothing = UnsafeRawPointer(emptyText)
    let meta = header.meta_len == 0 ? nothing : record + 64
    let data = header.len == 0 ? nothing : record + 64 + Int(header.meta_len)
    event.initialize(
      to: mesh_event(
        kind: header.kind, code: header.code, id: header.id, token: header.token, peer: header.peer,
        data: data.assumingMemoryBound(to: UInt8.self), meta: meta.assumingMemoryBound(to: UInt8.self),
        value: Self.hasOwnValue(header.kind) ? 0 : header.value, len: header.len, meta_len: header.meta_len,
        flags: header.flags))
  }

  /// Whether the value of such an event is the library's, and not the application's.
  @inline(__always)
  private static func hasOwnValue(_ kind: UInt32) -> Bool { kind == MESH_ON_REPLY || kind == MESH_ON_SETTLED }

  /// Keeps account of what an event says; false when the application is not to see it.
  @inline(__always)
  private func tell(_ header: application_event) -> Bool {
    switch header.kind {
    case UInt32(MESH_ON_MESSAGE), UInt32(MESH_ON_DATA): return true
    case UInt32(MESH_ON_REPLY): return !hasLostDaemon || requests[header.id] != nil
    default: return tellRarely(header)
    }
  }

  @inline(never)
  private func tellRarely(_ header: application_event) -> Bool {
    switch Int(header.kind) {
    case Int(MESH_ON_REQUEST):
      asked[header.id] = AskedState(token: header.token)
    case Int(MESH_ON_REQUEST_END):
      guard requests[header.id] != nil else { return false }
      ended(request: header.id)
    case Int(MESH_ON_REQUEST_GONE): return asked.removeValue(forKey: header.id) != nil
    case Int(MESH_ON_STREAM): streams[header.id] = StreamState(token: header.token, isOwn: false)
    case Int(MESH_ON_STREAM_END): endedByPeer(stream: header.id, code: header.code)
    case Int(MESH_ON_STREAM_STOP): streams[header.id]?.isStopped = true
    case Int(MESH_ON_SENT):
      // Without news of the delivery nothing would ever take it out.
      if told[header.id]?.isDeliveryTold == false { told[header.id] = nil } else { told[header.id]?.hasLeft = true }
    case Int(MESH_ON_SETTLED): told[header.id] = nil
    case Int(MESH_ON_PEER):
      if header.code == MESH_OK { connected.insert(header.peer) } else { connected.remove(header.peer) }
    case Int(MESH_ON_HOME): homeChanged(header.code)
    default: break
    }
    return true
  }

  /// Adds an event of the library's own.
  func add(_ kind: UInt32, code: Int32 = MESH_OK, id: UInt64 = 0, token: UInt64 = 0, peer: UInt64 = 0) {
    let nothing = UnsafeRawPointer(emptyText).assumingMemoryBound(to: UInt8.self)
    ownEvents.append(
      mesh_event(
        kind: kind, code: code, id: id, token: token, peer: peer, data: nothing, meta: nothing, value: 0, len: 0,
        meta_len: 0, flags: 0))
    writer.signal.raise()
  }

  /// Streams and requests that the daemon took with it end here.
  private func homeChanged(_ code: Int32) {
    guard code != MESH_OK else { return }
    for (id, stream) in streams.sorted(by: { $0.key < $1.key }) {
      if !stream.isEndedByPeer {
        add(UInt32(MESH_ON_STREAM_END), code: Int32(MESH_E_RESET), id: id, token: stream.token)
      }
      // One that was opened since is not wanted at the next daemon.
      if stream.isOwn {
        var command = application_command()
        command.kind = APP_STREAM_RESET
        command.id = id
        _ = write(command)
      }
    }
    streams = [:]
    for (id, state) in asked.sorted(by: { $0.key < $1.key }) {
      add(UInt32(MESH_ON_REQUEST_GONE), code: Int32(MESH_E_RESET), id: id, token: state.token)
    }
    asked = [:]
    connected = []
    hasLostDaemon = true
    for (id, state) in requests.sorted(by: { $0.key < $1.key }) where !state.isIdempotent {
      add(UInt32(MESH_ON_REQUEST_END), code: Int32(MESH_E_RESET), id: id, token: state.token)
      ended(request: id)
    }
  }

  /// `mesh_dispatch`: the lock is free while the application is called, and `calling` keeps others from the events.
  func dispatch(_ n: UInt32, _ handle: OpaquePointer, _ callback: mesh_callback, _ context: UnsafeMutableRawPointer?)
    -> Int32
  {
    slot.pointee.calling = 1
    defer { slot.pointee.calling = 0 }
    var done: Int32 = 0
    while done < n {
      let batch = min(64, n - UInt32(done))
      let count = withUnsafeTemporaryAllocation(of: mesh_event.self, capacity: 64) { space in
        let count = takeEvents(space.baseAddress, batch)
        guard count > 0 else { return count }
        library_unlock(slot)
        for index in 0..<Int(count) { callback(context, handle, UnsafePointer(space.baseAddress! + index)) }
        library_lock(slot)
        return count
      }
      guard count > 0 else { return done > 0 ? done : count }
      done += count
      if UInt32(count) < batch { break }
    }
    return done
  }
}

extension LibraryError {
  /// A home that has ended answers `MESH_E_CLOSED`, with its own sentence.
  func tellClosed() -> Int32 { refuse(MESH_E_CLOSED, sentence) }
}
