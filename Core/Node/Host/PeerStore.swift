// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import MeshCrypto
import MeshObserve
import MeshWire

/// What must survive a restart: the peers that were added by hand, and the newest signed record of each peer.
///
/// Two small text files. `peers`: alias or `-`, a space, the invitation. `records`: a signed record in hexadecimal.
struct PeerStore {
  /// One peer that was added by hand.
  struct Added: Equatable {
    var alias: String
    var invitation: Invitation
  }

  private let folder: String
  private(set) var added: [NodeID: Added] = [:]
  private(set) var records: [NodeID: PeerRecord] = [:]
  private var signed: [NodeID: [UInt8]] = [:]
  private static let sizeLimit = 64 << 20

  init(folder: String) { self.folder = folder }

  /// Reads both files; a line that cannot be read is reported and left out.
  mutating func load(log: Log) {
    for line in lines("peers") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, let invitation = try? Invitation.parse(parts[1]) else {
        log.warning("peer_not_read", [.text("file", folder + "/peers"), .text("line", String(line.prefix(80)))])
        continue
      }
      added[invitation.id] = Added(alias: parts[0] == "-" ? "" : String(parts[0]), invitation: invitation)
    }
    for line in lines("records") {
      guard let bytes = Hex.decode(String(line)), let record = try? PeerRecord.verify(bytes) else {
        log.warning("record_not_read", [.text("file", folder + "/records")])
        continue
      }
      records[record.id] = record
      signed[record.id] = bytes
    }
  }

  private func lines(_ name: String) -> [Substring] {
    let descriptor = open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size > 0, status.st_size <= Self.sizeLimit else { return [] }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled)
      }
      guard count > 0 else { break }
      filled += count
    }
    return String(decoding: bytes.prefix(filled), as: UTF8.self).split(separator: "\n")
  }

  /// Adds or changes a peer; returns the errno, or 0 once it is on disk.
  mutating func add(_ peer: Added) -> Int32 {
    added[peer.invitation.id] = peer
    return savePeers()
  }

  mutating func remove(_ id: NodeID) -> Int32 {
    records[id] = nil
    signed[id] = nil
    guard added.removeValue(forKey: id) != nil else { return 0 }
    return savePeers()
  }

  /// Keeps a record if it is newer than what is there; false otherwise.
  mutating func keep(_ record: PeerRecord, _ bytes: [UInt8]) -> Bool {
    if let old = records[record.id], old.sequence >= record.sequence { return false }
    records[record.id] = record
    signed[record.id] = bytes
    return true
  }

  /// Whether these bytes are the record that is kept of a peer.
  func holds(_ bytes: UnsafeRawBufferPointer, of id: NodeID) -> Bool { signed[id]?.elementsEqual(bytes) == true }

  private func savePeers() -> Int32 {
    var text = ""
    for (_, peer) in added.sorted(by: { $0.key < $1.key }) {
      text += "\(peer.alias.isEmpty ? "-" : peer.alias) \(peer.invitation)\n"
    }
    return save("peers", text)
  }

  func saveRecords() -> Int32 {
    var text = ""
    for (_, bytes) in signed.sorted(by: { $0.key < $1.key }) { text += Hex.encode(bytes) + "\n" }
    return save("records", text)
  }

  private func save(_ name: String, _ text: String) -> Int32 {
    let bytes = Array(text.utf8)
    return -bytes.withUnsafeBytes { clinux_replace_file("\(folder)/\(name)", $0.baseAddress, $0.count, 0o600) }
  }
}
