// SPDX-License-Identifier: Apache-2.0
import CMesh

extension Node {
  /// Opens a stream of bytes, both ways. What the peer answers comes as events.
  public func openStream(
    _ peer: Peer, _ name: String, _ options: SendOptions = SendOptions()
  ) throws(MeshError) -> StreamID {
    var number: UInt64 = 0
    let answer = try options.withRaw { raw in mesh_stream_open(handle, peer.rawValue, name, raw, &number) }
    try MeshError.check(answer)
    return StreamID(rawValue: number)
  }

  /// Writes as much as there is room for and says how much; 0 = wait for `Event.room`.
  public func write(_ stream: StreamID, _ bytes: RawSpan) throws(MeshError) -> Int {
    let answer = Node.withSlice(bytes) { mesh_stream_write(handle, stream.rawValue, $0, 1) }
    return answer == MESH_E_AGAIN ? 0 : try MeshError.check(answer)
  }

  /// Ends our side after all that was written.
  public func finish(_ stream: StreamID) throws(MeshError) {
    try MeshError.check(mesh_stream_finish(handle, stream.rawValue))
  }

  /// Cuts both sides off at once; the peer learns `code`, a number of your own below 2^60.
  public func reset(_ stream: StreamID, code: UInt64 = 0) throws(MeshError) {
    try MeshError.check(mesh_stream_reset(handle, stream.rawValue, code))
  }

  /// Serves a protocol for every peer that the node's lists allow. `.busy` when somebody else does.
  public func serve(_ name: String, _ options: ServeOptions = ServeOptions()) throws(MeshError) {
    var raw = mesh_serve_options()
    mesh_serve_options_default(&raw)
    raw.flags = options.kinds.rawValue
    raw.token = options.token
    raw.window = options.window
    try MeshError.check(mesh_serve(handle, name, &raw))
  }

  /// Serves it no more. Open streams and requests go on; messages that were not read are refused.
  public func unserve(_ name: String) throws(MeshError) { try MeshError.check(mesh_unserve(handle, name)) }

  /// Percent of the battery that is left, 101 = on mains power.
  public func hint(battery percent: UInt64) throws(MeshError) {
    try MeshError.check(mesh_hint(handle, MESH_HINT_BATTERY, percent))
  }

  /// Whether the network costs by the byte.
  public func hint(metered: Bool) throws(MeshError) {
    try MeshError.check(mesh_hint(handle, MESH_HINT_METERED, metered ? 1 : 0))
  }

  /// The network has changed: forget failures and probe.
  public func hintNetworkChanged() throws(MeshError) { try MeshError.check(mesh_hint(handle, MESH_HINT_NETWORK, 0)) }
}

/// The version of the library that is loaded, such as "1.0.0".
public var libraryVersion: String { String(cString: mesh_version_text()) }
