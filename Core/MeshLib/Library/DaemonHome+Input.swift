// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import Glibc
import MeshApplication
import MeshControl
import Synchronization

extension DaemonHome {
  private static let readsPerTurn = 4
  private static let recordLimit = 64 + Int(MESH_METADATA_MAX) + (32 << 20)

  /// Reads what the daemon has written, a few times.
  func receive() {
    for _ in 0..<Self.readsPerTurn where descriptor >= 0 && !isInputBlocked {
      let space = UnsafeMutableRawBufferPointer(rebasing: input[filled...])
      let count = recv(descriptor, space.baseAddress, space.count, Int32(MSG_DONTWAIT))
      if count < 0, errno == EAGAIN || errno == EINTR { return }
      guard count > 0 else { return lose() }
      filled += count
      deliver()
      if count < space.count { return }
    }
  }

  /// There is room for events again.
  func resume() {
    guard isInputBlocked else { return }
    isInputBlocked = false
    deliver()
  }

  /// Hands on whole records, and keeps the rest with room for all of the next.
  private func deliver() {
    var at = 0
    var needed = 0
    while filled - at >= 64 {
      let record = UnsafeRawPointer(input.baseAddress! + at)
      let header = record.load(as: application_event.self)
      let length = recordLength(meta: Int(header.meta_len), data: Int(header.len))
      guard length <= Self.recordLimit else { return lose() }
      needed = length
      guard filled - at >= length else { break }
      let meta = UnsafeRawBufferPointer(start: record + 64, count: Int(header.meta_len))
      let data = UnsafeRawBufferPointer(start: record + 64 + meta.count, count: Int(header.len))
      guard deliver(header, meta, data) else {
        isInputBlocked = true
        // The reader may have made room since.
        if !writer.isFull.load(ordering: .sequentiallyConsistent) {
          isResumeWanted.store(true, ordering: .sequentiallyConsistent)
        }
        break
      }
      guard descriptor >= 0 else { return }
      at += length
    }
    let rest = UnsafeRawBufferPointer(rebasing: input[at..<filled])
    if needed > input.count || (rest.count < Self.inputSize && needed < Self.inputSize && input.count > Self.inputSize)
    {
      let fresh = UnsafeMutableRawBufferPointer.allocate(byteCount: max(needed, Self.inputSize), alignment: 16)
      fresh.copyMemory(from: rest)
      input.deallocate()
      input = fresh
    } else if at > 0 {
      input.copyMemory(from: rest)
    }
    filled = rest.count
  }

  /// Puts one record into its queue; false when there is no room.
  private func deliver(
    _ header: application_event, _ meta: UnsafeRawBufferPointer, _ data: UnsafeRawBufferPointer
  ) -> Bool {
    var header = header
    if header.id & Self.nodeBit != 0 { header.id |= tag }
    if epoch > 0, header.peer != 0, header.kind != APP_ON_PEER_NAME { header.peer = numbers.fromNode(header.peer) }
    switch header.kind {
    case UInt32(MESH_ON_MESSAGE), UInt32(MESH_ON_DATA): break
    case UInt32(MESH_ON_REPLY): header.value |= tag
    case UInt32(MESH_ON_SETTLED): return deliverSettled(header)
    case UInt32(MESH_ON_REQUEST_END): return deliverRequestEnd(header, meta, data)
    case APP_ON_CREDIT:
      if header.id < UInt64(declared.flowsByNumber.count) {
        let index = declared.flowsByNumber[Int(header.id)]
        header.id = UInt64(index)
        header.value &+= declared.flows[index].base
        declared.flows[index].retained.settle(upTo: header.token)
      }
    case APP_ON_PEER_NAME: header.peer = numbers.learn(header.peer, Array(data))
    case APP_ON_ANSWER: if !declared.answered() { return true }
    case APP_ON_CONTROL: if takeNumber(data) { return true }
    default: break
    }
    return writer.append(header, meta: meta, data: data)
  }

  /// The record is kept until the event has found room: whoever offers it again finds what it says.
  private func deliverSettled(_ header: application_event) -> Bool {
    guard header.value < UInt64(declared.flowsByNumber.count) else { return true }
    let retained = declared.flows[declared.flowsByNumber[Int(header.value)]].retained
    if header.code != MESH_OK || retained.isTold(header.id) ?? true {
      guard writer.append(header, meta: .init(start: nil, count: 0), data: .init(start: nil, count: 0)) else {
        return false
      }
    }
    retained.settle(header.id)
    return true
  }

  private func deliverRequestEnd(
    _ header: application_event, _ meta: UnsafeRawBufferPointer, _ data: UnsafeRawBufferPointer
  ) -> Bool {
    guard writer.append(header, meta: meta, data: data) else { return false }
    retained.remove(header.id)
    return true
  }
}
