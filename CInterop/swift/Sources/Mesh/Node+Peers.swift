// SPDX-License-Identifier: Apache-2.0
import CMesh

extension Node {
  /// The node's name.
  public var id: NodeID {
    get throws(MeshError) {
      let handle = handle
      return try NodeID { id in mesh_id(handle, id) }
    }
  }

  /// Signs with the node's key, at most 1 MiB; `NodeID.verify` checks it. 64 bytes.
  public func sign(_ data: [UInt8]) throws(MeshError) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: Int(MESH_SIGNATURE_SIZE))
    try MeshError.check(mesh_sign(handle, data, data.count, &signature))
    return signature
  }

  /// The line that `addPeer` or `meshctl peers add` takes elsewhere: this node's name and addresses.
  public func invite() throws(MeshError) -> String {
    let handle = handle
    return try Node.text { mesh_invite(handle, $0, $1, $2) }
  }

  /// A peer by its name (`mesh1…`) or by what the configuration calls it.
  public func findPeer(_ name: String) throws(MeshError) -> Peer {
    var peer: UInt64 = 0
    try MeshError.check(mesh_peer_find(handle, name, &peer))
    return Peer(rawValue: peer)
  }

  /// Lets a peer in and remembers it.
  public func addPeer(_ invitation: String, alias: String? = nil) throws(MeshError) -> Peer {
    var peer: UInt64 = 0
    try MeshError.check(mesh_peer_add(handle, invitation, alias, &peer))
    return Peer(rawValue: peer)
  }

  /// Forgets a peer that was added; its session ends.
  public func removePeer(_ peer: Peer) throws(MeshError) {
    try MeshError.check(mesh_peer_remove(handle, peer.rawValue))
  }

  /// Every known peer.
  public func peers() throws(MeshError) -> [Peer] {
    var numbers = [UInt64](repeating: 0, count: 256)
    while true {
      var total: UInt32 = 0
      let written = try MeshError.check(mesh_peers(handle, &numbers, UInt32(numbers.count), &total))
      if Int(total) <= numbers.count { return numbers.prefix(written).map(Peer.init) }
      numbers = [UInt64](repeating: 0, count: Int(total) + 16)
    }
  }

  /// What is known of a peer.
  public func info(_ peer: Peer) throws(MeshError) -> PeerInfo { try PeerInfo(handle, peer) }

  /// Wants a session with the peer from now on; `Event.peer` says what comes of it. Sending does the same.
  public func connect(_ peer: Peer) throws(MeshError) { try MeshError.check(mesh_connect(handle, peer.rawValue)) }

  /// Which paths to the peer were considered, what each did last, which was chosen and why: JSON.
  public func why(_ peer: Peer) throws(MeshError) -> String {
    let handle = handle
    return try Node.text { mesh_why(handle, peer.rawValue, $0, $1, $2) }
  }

  /// Counters and histograms of the node as Prometheus text.
  public func metrics() throws(MeshError) -> String {
    let handle = handle
    return try Node.text { mesh_metrics(handle, $0, $1, $2) }
  }

  /// The node's status (transports, listeners, peers, plugins) as JSON.
  public func status() throws(MeshError) -> String {
    let handle = handle
    return try Node.text { mesh_status(handle, $0, $1, $2) }
  }

  /// A text whose size is known only when it was asked for.
  private static func text(
    _ ask: (UnsafeMutablePointer<CChar>, Int, UnsafeMutablePointer<Int>) -> Int32
  ) throws(MeshError) -> String {
    var size = 4096
    while true {
      var needed = 0
      var text = ""
      let answer = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { room in
        let answer = ask(room.baseAddress!, room.count, &needed)
        if answer == MESH_OK { text = String(cString: room.baseAddress!) }
        return answer
      }
      guard answer == MESH_E_LIMIT, needed > size else {
        try MeshError.check(answer)
        return text
      }
      size = needed + needed / 4
    }
  }
}
