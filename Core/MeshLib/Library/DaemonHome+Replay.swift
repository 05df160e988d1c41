// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshControl
import MeshEventLoop
import MeshWire

extension DaemonHome {
  /// Asks the daemon for its numbers of the peers that the application knows.
  func askNumbers() {
    let names = numbers.names
    guard !names.isEmpty else { return declareAgain() }
    phase = .resolving(answers: names.count)
    controlCodec = ControlCodec()
    for (index, name) in names.enumerated() {
      guard let id = NodeID(bytes: name),
        let bytes = try? ControlCodec.encode(
          .request(id: UInt64(index) + 1, method: PeerInfoMethod.name, params: PeerWord(peer: id.name).cbor))
      else { continue }
      var command = application_command()
      command.kind = APP_CONTROL
      add(command, bytes)
    }
  }

  /// Takes an answer to `askNumbers`; false when the record is the application's.
  func takeNumber(_ data: UnsafeRawBufferPointer) -> Bool {
    guard case .resolving(let answers) = phase else { return false }
    controlCodec.append(data)
    var left = answers
    while let message = try? controlCodec.next() {
      if case .result(_, let result) = message, let peer = try? NumberedPeer(cbor: result) {
        _ = numbers.learn(peer.number, peer.id)
      }
      left -= 1
    }
    phase = .resolving(answers: left)
    if left <= 0 { declareAgain() }
    return true
  }

  /// Declares and serves all as before, and sends what was not settled.
  private func declareAgain() {
    for record in declared.protocols.sorted(by: { $0.key < $1.key }) { replay += record.value }
    for index in declared.flows.indices {
      var command = declared.flows[index].command
      declared.flows[index].number = nil
      declared.flows[index].base = declared.flows[index].sent &- declared.flows[index].retained.cost
      guard node(command.peer) != nil else {
        declared.flows[index].base = declared.flows[index].sent
        tell(APP_ON_CREDIT, id: UInt64(index), value: declared.flows[index].sent)
        continue
      }
      declareFlow(&command, index)
      add(command)
      tell(APP_ON_CREDIT, id: UInt64(index), value: declared.flows[index].base)
    }
    for (number, command) in declared.served.sorted(by: { $0.key < $1.key }) {
      declared.owe(number, isAwaited: declared.answersLost.contains(number))
      add(command)
    }
    if let command = declared.subscription { add(command) }
    sendAllAgain()
    phase = .attached
    isReturnUntold = true
    tellChanges()
  }

  /// Everything in the order of its numbers, which is that of sending.
  private func sendAllAgain() {
    var records: [(id: UInt64, bytes: UnsafeRawBufferPointer, deadline: UInt64)] = []
    for flow in declared.flows { flow.retained.forEach { records.append(($0, $1, $2)) } }
    retained.forEach { records.append(($0, $1, $2)) }
    let now = MonotonicClock.read()
    for record in records.sorted(by: { $0.id < $1.id }) { sendAgain(record.id, record.bytes, record.deadline, now) }
  }

  private func sendAgain(_ id: UInt64, _ bytes: UnsafeRawBufferPointer, _ deadline: UInt64, _ now: UInt64) {
    var header = bytes.load(as: application_command.self)
    let isMessage = header.kind == APP_SEND
    if deadline != 0 { header.lifetime_ms = deadline > now ? max(1, (deadline - now) / 1_000_000) : 1 }
    header.flags |= APP_FLAG_REPEATED
    if isMessage {
      guard let number = declared.flows[Int(header.value)].number else { return giveUp(id, header) }
      header.value = number
      header.flags |= APP_FLAG_KEPT
    } else {
      guard let peer = node(header.peer) else { return giveUp(id, header) }
      header.peer = peer
    }
    let start = replay.count
    replay += bytes
    replay.withUnsafeMutableBytes {
      ($0.baseAddress! + start).copyMemory(from: &header, byteCount: MemoryLayout<application_command>.size)
    }
  }

  private func giveUp(_ id: UInt64, _ header: application_command) {
    if header.kind == APP_SEND {
      declared.flows[Int(header.value)].retained.settle(id)
      tell(UInt32(MESH_ON_SETTLED), code: MESH_E_NOTFOUND, id: id, token: header.token)
    } else {
      retained.remove(id)
      tell(UInt32(MESH_ON_REQUEST_END), code: MESH_E_NOTFOUND, id: id, token: header.token)
    }
  }

  private func add(_ command: application_command, _ data: [UInt8] = []) {
    var command = command
    command.len = UInt32(data.count)
    command.meta_len = 0
    withUnsafeBytes(of: &command) { replay += $0 }
    replay += data
    replay += [UInt8](repeating: 0, count: -data.count & 7)
  }
}
