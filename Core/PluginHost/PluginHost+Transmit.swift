// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop

extension PluginHost {
  /// Transmits buffers of the host, each on its `link`, in order within a link. Returns how many were taken.
  ///
  /// Those that could not be are moved, in order, to the end of the array and stay the caller's, with the reason in
  /// `status`: AGAIN (no credit, or a plugin is being called), STALE, STATE (not up), MTU, INVALID (payload, train, or
  /// not a buffer of the host). STATE also says that a lane is not open. Once a buffer is refused, the later ones of its
  /// link are too, so that none overtakes; on lanes with credit of their own, the later ones of its lane.
  /// One call goes to the plugin for each run of buffers of one instance: group them.
  public func transmit(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) -> Int {
    guard let start = buffers.baseAddress else { return 0 }
    let ready = transmitRun(start, buffers.count)
    guard ready < buffers.count else { return ready }
    return ready + transmitMixed(UnsafeMutableBufferPointer(start: start + ready, count: buffers.count - ready))
  }

  /// What is most of the traffic: plain buffers of one link, checked together. Returns how many from the front were
  /// taken; the rest is for `transmitMixed`, which finds out why.
  private func transmitRun(_ start: UnsafeMutablePointer<mesh_buf>, _ count: Int) -> Int {
    guard callDepth == 0, let record = links.pointee.record(start.pointee.link), record.pointee.state == .up,
      let owner = record.pointee.incarnation
    else { return 0 }
    if let lanes = record.pointee.lanes { return transmitRuns(start, count, record, lanes, owner) }
    let (taken, bytes) = pool.handRun(
      start, count: min(count, Int(record.pointee.frames)), from: .host,
      to: BufferHolder(rawValue: record.pointee.holder),
      limits: RunLimits(mtu: record.pointee.mtu, bytes: record.pointee.bytes))
    guard taken > 0 else { return 0 }
    record.pointee.frames &-= UInt32(truncatingIfNeeded: taken)
    record.pointee.bytes &-= bytes
    send(owner, start, taken)
    return taken
  }

  /// The same for a link whose lanes have credit of their own: runs of one lane each, in one call.
  private func transmitRuns(
    _ start: UnsafeMutablePointer<mesh_buf>, _ count: Int, _ record: UnsafeMutablePointer<LinkRecord>,
    _ lanes: LaneTable, _ owner: Unmanaged<Incarnation>
  ) -> Int {
    var ready = 0
    while ready < count, start[ready].link == start.pointee.link {
      let stream = start[ready].stream
      let lane = lanes.record(stream)
      guard lane?.pointee.state ?? (stream < record.pointee.laneCount ? .open : .ended) == .open else { break }
      let frames = min(record.pointee.frames, lane?.pointee.frames ?? .max)
      let limits = RunLimits(
        mtu: record.pointee.mtu, bytes: min(record.pointee.bytes, lane?.pointee.bytes ?? .max), streamMask: .max)
      let (taken, bytes) = pool.handRun(
        start + ready, count: min(count - ready, Int(frames)), from: .host,
        to: BufferHolder(rawValue: record.pointee.holder), limits: limits)
      guard taken > 0 else { break }
      record.pointee.frames &-= UInt32(truncatingIfNeeded: taken)
      record.pointee.bytes &-= bytes
      lane?.pointee.frames &-= UInt32(truncatingIfNeeded: taken)
      lane?.pointee.bytes &-= bytes
      record.pointee.noteLane(stream)
      ready += taken
    }
    if ready > 0 { send(owner, start, ready) }
    return ready
  }

  private func transmitMixed(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) -> Int {
    guard let start = buffers.baseAddress else { return 0 }
    transmitCalls &+= 1
    let number = transmitCalls
    let isBusy = callDepth != 0
    var owner: Unmanaged<Incarnation>?
    var runStart = 0
    var taken = 0
    for index in 0..<buffers.count {
      let buffer = start + index
      guard let next = admit(buffer, number, isBusy) else {
        refused.append(buffer.pointee)
        continue
      }
      if next.toOpaque() != owner?.toOpaque() {
        if let owner { send(owner, start + runStart, taken - runStart) }
        owner = next
        runStart = taken
      }
      if taken != index { start[taken] = buffer.pointee }
      taken += 1
    }
    if let owner { send(owner, start + runStart, taken - runStart) }
    if taken < buffers.count {
      for index in taken..<buffers.count { start[index] = refused[index - taken] }
      refused.removeAll(keepingCapacity: true)
    }
    return taken
  }

  /// Debits the link and moves the buffer to its plugin, or sets `status` and returns nil.
  @inline(__always)
  private func admit(_ buffer: UnsafeMutablePointer<mesh_buf>, _ number: UInt64, _ isBusy: Bool)
    -> Unmanaged<Incarnation>?
  {
    guard let record = links.pointee.record(buffer.pointee.link) else {
      buffer.pointee.status = MESH_E_STALE
      return nil
    }
    let length = buffer.pointee.len
    let lane = record.pointee.lanes?.record(buffer.pointee.stream)
    let isLaneOpen =
      lane.map { $0.pointee.state == .open }
      ?? (record.pointee.lanes == nil || buffer.pointee.stream < record.pointee.laneCount)
    let verdict: Int32
    var frames: UInt32 = 1
    var largest = length
    if buffer.pointee.flags & UInt16(MESH_BUF_SEGMENTED) != 0, buffer.pointee.segment > 0 {
      let segment = UInt32(buffer.pointee.segment)
      largest = min(length, segment)
      frames = max(1, length / segment &+ (length % segment == 0 ? 0 : 1))
    }
    if record.pointee.state != .up || isBusy || !isLaneOpen {
      verdict = isBusy ? MESH_E_AGAIN : MESH_E_STATE
    } else if (lane?.pointee.refusedIn ?? record.pointee.refusedIn) == number {
      verdict = MESH_E_AGAIN
    } else if UInt64(buffer.pointee.off) &+ UInt64(length) > UInt64(buffer.pointee.cap)
      || frames > max(1, record.pointee.maxSegments)
    {
      verdict = MESH_E_INVALID
    } else if largest > record.pointee.mtu {
      verdict = MESH_E_MTU
    } else if frames > min(record.pointee.frames, lane?.pointee.frames ?? .max)
      || UInt64(length) > min(record.pointee.bytes, lane?.pointee.bytes ?? .max)
    {
      verdict = MESH_E_AGAIN
    } else if !pool.hand(buffer, from: .host, to: BufferHolder(rawValue: record.pointee.holder)) {
      verdict = MESH_E_INVALID
    } else {
      record.pointee.frames &-= frames
      record.pointee.bytes &-= UInt64(length)
      lane?.pointee.frames &-= frames
      lane?.pointee.bytes &-= UInt64(length)
      if lane != nil { record.pointee.noteLane(buffer.pointee.stream) }
      return record.pointee.incarnation
    }
    if let lane { lane.pointee.refusedIn = number } else { record.pointee.refusedIn = number }
    buffer.pointee.status = verdict
    return nil
  }

  @inline(__always)
  private func send(_ owner: Unmanaged<Incarnation>, _ buffers: UnsafeMutablePointer<mesh_buf>, _ count: Int) {
    owner._withUnsafeGuaranteedRef { incarnation in
      guard let context = incarnation.context, let function = incarnation.plugin.table.transmit else { return }
      incarnation.transmittedCount += count
      let most = incarnation.maxBatch == 0 ? count : min(count, Int(incarnation.maxBatch))
      var done = 0
      while done < count {
        let batch = min(most, count - done)
        // What `transmit` returns has no meaning: it takes all, and completions say what became of them.
        _ = incarnation.call("transmit") { function(context, buffers + done, UInt32(truncatingIfNeeded: batch)) }
        done += batch
      }
    }
  }
}
