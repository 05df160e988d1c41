// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshWire

/// Takes files from peers into one folder: serves `/mesh/file/1`. To be used on the loop's thread.
///
/// Files arrive as `.name.part`, and get their name when their hash is right and they are on the disk.
public final class FileReceiver: ProtocolServer {
  /// What it takes, and how long things wait. What is changed later holds for files that are offered from then on.
  public var options: FileReceiverOptions
  // The node keeps the receiver, which serves one of its protocols.
  private let backlink: Backlink<NodeCore>
  var node: NodeCore? { backlink.object }
  let loop: EventLoop
  let pool: OffloadPool
  let folder: TransferFolder
  private let allow: (NodeID) -> Bool
  private let timer = ReceiverTimer()
  private let cleaner: FileWorker
  private var cleanAt: UInt64 = 0
  private var isStopped = false
  /// Transfers by the name that they write.
  private var active: [String: IncomingFile] = [:]
  /// The same transfer begun again: starts when the one in its way has let go.
  private var waiting: [String: IncomingFile] = [:]

  static let tick: UInt64 = 250_000_000
  static let cleanInterval: UInt64 = 6 * 3600 * 1_000_000_000

  /// Files received since the start.
  public internal(set) var filesReceived: UInt64 = 0
  /// Bytes of content received since the start, without what earlier attempts had left.
  public internal(set) var bytesReceived: UInt64 = 0
  /// Called with the peer, the name and the size of every file that is complete.
  public var onReceived: ((NodeID, String, UInt64) -> Void)?

  /// Opens the folder and begins to serve. `allow` decides which peers may send.
  ///
  /// Throws `FileTransferError.unreadable` when the folder cannot be opened.
  public convenience init(
    folder path: String, node: NodeCore, loop: EventLoop, offload: OffloadPool,
    options: FileReceiverOptions = FileReceiverOptions(), allow: @escaping (NodeID) -> Bool
  ) throws(FileTransferError) {
    try self.init(folder: path, node: node, loop: loop, offload: offload, options: options, write: nil, allow: allow)
  }

  init(
    folder path: String, node: NodeCore, loop: EventLoop, offload: OffloadPool, options: FileReceiverOptions,
    write: TransferFolder.Write?, allow: @escaping (NodeID) -> Bool
  ) throws(FileTransferError) {
    guard let folder = TransferFolder(path: path, options: options, write: write) else {
      throw .unreadable(file: path, reason: String(cString: strerror(errno)))
    }
    self.folder = folder
    backlink = node.backlink
    self.loop = loop
    self.allow = allow
    self.options = options
    pool = offload
    cleaner = FileWorker(loop: loop, pool: offload)
    do throws(NodeError) { try node.serve(FileTransferProtocol.name, with: self) } catch {
      throw .unreadable(file: path, reason: "another folder takes files already")
    }
    timer.receiver = self
    _ = loop.schedule(at: loop.now, handler: timer)
  }

  /// Takes no more files and cuts off those under way; their part files stay.
  public func stop() {
    guard !isStopped else { return }
    isStopped = true
    node?.stopServing(FileTransferProtocol.name)
    for file in active.values { file.abort(code: StreamCode.cancelled) }
    for file in waiting.values { file.abort(code: StreamCode.cancelled) }
  }

  /// Transfers under way.
  public var activeTransfers: Int { active.count }

  /// Whether work for files is still under way on the pool.
  public var isWorking: Bool { !cleaner.isIdle || active.values.contains { !$0.worker.isIdle } }

  /// A peer offers a file.
  public func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    guard allow(stream.peer.id) else { return .refuse(code: StreamCode.notAllowed) }
    guard preamble.kind == .bytes, !isStopped else { return .refuse(code: StreamCode.failed) }
    guard active.count + waiting.count < options.transfers * 2 else { return .refuse(code: StreamCode.busy) }
    let file = IncomingFile(self, stream)
    do throws(FileRefusal) {
      let offer = try FileOffer.decode(preamble.metadata)
      try admit(file, offer)
    } catch { file.refuse(error) }
    return .accept(file)
  }

  private func admit(_ file: IncomingFile, _ offer: FileOffer) throws(FileRefusal) {
    if let fault = FileName.fault(of: offer.name) { throw FileRefusal(.badName, fault) }
    guard offer.size <= options.maximumSize else {
      throw FileRefusal(
        .tooLarge, "'\(offer.name)' has \(offer.size) bytes, at most \(options.maximumSize) are taken")
    }
    file.key = Self.key(offer, from: file.peer)
    if let other = active[offer.name] {
      guard other.peer == file.peer, other.key == file.key, waiting[offer.name] == nil || other.isOver else {
        throw FileRefusal(.inUse, "another transfer of a file '\(offer.name)' is under way")
      }
      waiting[offer.name]?.abort(code: FileTransferProtocol.replacedCode)
      waiting[offer.name] = file
      file.offer = offer
      return other.abort(code: FileTransferProtocol.replacedCode)
    }
    let fromPeer = active.values.count { $0.peer == file.peer }
    guard fromPeer < options.transfersPerPeer, active.count < options.transfers else {
      throw FileRefusal(.busy, "the receiver has \(active.count) transfers under way and takes no more now")
    }
    active[offer.name] = file
    file.begin(offer)
  }

  /// A transfer has let go of its files.
  func ended(_ file: IncomingFile) {
    guard let name = file.offer?.name else { return }
    if waiting[name] === file { waiting[name] = nil }
    guard active[name] === file else { return }
    active[name] = nil
    guard let next = waiting.removeValue(forKey: name), let offer = next.offer, !isStopped else { return }
    active[name] = next
    next.begin(offer)
  }

  fileprivate func tick() {
    guard !isStopped else { return }
    let now = loop.now
    for file in Array(active.values) + Array(waiting.values) { file.tick(now: now) }
    if now >= cleanAt {
      cleanAt = now + Self.cleanInterval
      let names = Set(active.keys)
      cleaner.run({ [folder] in folder.clean(now: Int64(time(nil)), except: names) }, then: {})
    }
    _ = loop.schedule(at: now + (active.isEmpty ? 4 * Self.tick : Self.tick), handler: timer)
  }

  /// What the part file of a transfer is marked with: only the same peer with the same content continues it.
  private static func key(_ offer: FileOffer, from peer: NodeID) -> [UInt8] {
    let hash = ContentHash()
    withUnsafeBytes(of: offer.size.bigEndian) { hash.update($0) }
    offer.transferID.withUnsafeBytes { hash.update($0) }
    peer.withBytes { hash.update($0) }
    return hash.finish()
  }
}

/// Looks after idle transfers and old part files.
private final class ReceiverTimer: EventHandler {
  weak var receiver: FileReceiver?
  override func expired(token: UInt64) { receiver?.tick() }
}
