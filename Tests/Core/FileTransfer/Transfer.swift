// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshNode
import MeshWire

@testable import MeshFileTransfer

/// A sender with a folder of sources, and a receiver with a folder, on a pair of nodes.
final class Transfer {
  let pair: NodePair
  let source = TemporaryFolder()
  let target = TemporaryFolder()
  private(set) var sender: FileSender
  private(set) var receiver: FileReceiver
  var options = FileReceiverOptions()
  var write: TransferFolder.Write?
  var allow: (NodeID) -> Bool = { _ in true }
  private(set) var progress: [FileProgress] = []

  init(options: FileReceiverOptions = FileReceiverOptions(), write: TransferFolder.Write? = nil) throws {
    pair = try NodePair()
    self.options = options
    self.write = write
    sender = FileSender(node: pair.nodes[0].core, loop: pair.loop, offload: pair.pool)
    receiver = try Self.makeReceiver(pair, target, options, write) { _ in true }
    pair.isWorking = { [unowned self] in sender.isWorking || receiver.isWorking }
  }

  deinit {
    sender.stop()
    receiver.stop()
  }

  private static func makeReceiver(
    _ pair: NodePair, _ folder: TemporaryFolder, _ options: FileReceiverOptions, _ write: TransferFolder.Write?,
    allow: @escaping (NodeID) -> Bool
  ) throws -> FileReceiver {
    try FileReceiver(
      folder: folder.path, node: pair.nodes[1].core, loop: pair.loop, offload: pair.pool, options: options,
      write: write, allow: allow)
  }

  /// The receiver with what `options`, `write` and `allow` say now, without a restart of its node.
  func replaceReceiver() throws {
    receiver.stop()
    receiver = try Self.makeReceiver(pair, target, options, write, allow: allow)
  }

  func restartReceiver() throws {
    settle()
    pair.restart(1)
    receiver.stop()
    receiver = try Self.makeReceiver(pair, target, options, write, allow: allow)
  }

  func restartSender() {
    settle()
    pair.restart(0)
    sender.stop()
    sender = FileSender(node: pair.nodes[0].core, loop: pair.loop, offload: pair.pool)
  }

  /// A process that dies takes its threads with it: here they are waited for.
  private func settle() {
    let end = MonotonicClock.read() + 60_000_000_000
    while sender.isWorking || receiver.isWorking, MonotonicClock.read() < end { pair.loop.runOnce(maxWait: 1_000_000) }
  }

  @discardableResult
  func send(_ path: String, name: String? = nil, force: Bool = false) -> OutgoingFile {
    progress.removeAll()
    return sender.send(path, to: pair.id(1), name: name, force: force) { [weak self] in self?.progress.append($0) }
  }

  /// Steps until the transfer has ended.
  func finish() -> FileOutcome? {
    guard pair.run(until: { isOver }), case .done(let outcome)? = progress.last?.state else { return nil }
    // The receiver learns that the sender knows.
    _ = pair.run { receiver.activeTransfers == 0 && !receiver.isWorking }
    return outcome
  }

  /// Steps until the transfer has failed, and says why.
  func failure() -> FileTransferError? {
    guard pair.run(until: { isOver }), case .failed(let error)? = progress.last?.state else { return nil }
    _ = pair.run { receiver.activeTransfers == 0 && !receiver.isWorking }
    return error
  }

  /// Steps until the receiver has said that so many bytes are stored.
  func reach(_ bytes: UInt64) -> Bool {
    pair.run { isOver || receiver.bytesReceived >= bytes } && !isOver
  }

  var isOver: Bool {
    switch progress.last?.state {
    case .done, .failed: true
    default: false
    }
  }
}
