// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshNode
import MeshSession
import MeshWire

/// Sends files to peers. To be used on the loop's thread.
public final class FileSender {
  /// How long it keeps trying.
  public let options: FileSenderOptions
  let node: NodeCore
  let loop: EventLoop
  private let pool: OffloadPool
  private var active: [OutgoingFile] = []

  /// A sender on a node whose loop is `loop`.
  public init(
    node: NodeCore, loop: EventLoop, offload: OffloadPool, options: FileSenderOptions = FileSenderOptions()
  ) {
    self.node = node
    self.loop = loop
    self.options = options
    pool = offload
  }

  /// Sends the file at `path` under `name` (its last path component when nil). `progress` is called on the loop's
  /// thread, at every change of state and else at most ten times a second; the last call says `done` or `failed`.
  @discardableResult
  public func send(
    _ path: String, to peer: NodeID, name: String? = nil, force: Bool = false, trafficClass: TrafficClass = .bulk,
    progress: @escaping (FileProgress) -> Void
  ) -> OutgoingFile {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return send(
      LocalFile(path: path, loop: loop, offload: pool), to: peer, name: name ?? last, force: force,
      trafficClass: trafficClass, progress: progress)
  }

  /// As the other `send`, from any source of bytes.
  @discardableResult
  public func send(
    _ source: any FileSource, to peer: NodeID, name: String, force: Bool, trafficClass: TrafficClass = .bulk,
    progress: @escaping (FileProgress) -> Void
  ) -> OutgoingFile {
    let file = OutgoingFile(
      self, source, to: peer, name: name, force: force, trafficClass: trafficClass, progress: progress)
    active.append(file)
    file.start()
    return file
  }

  /// Transfers under way.
  public var activeTransfers: Int { active.count }

  /// Whether work for files is still under way on the pool.
  public var isWorking: Bool { active.contains { $0.isWorking } }

  /// Gives all transfers up.
  public func stop() { for file in active { file.cancel() } }

  func ended(_ file: OutgoingFile) { active.removeAll { $0 === file } }
}
