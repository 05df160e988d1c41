// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

extension ApplicationPort {
  /// Numbers of streams that peers open; see `HeldMessages.mark`.
  private static let streamMark: UInt64 = 3 << 60 | 1 << 62

  func openStream(_ command: ApplicationCommand) throws(ApplicationFault) {
    let header = command.header
    guard header.id > 0, header.id < 1 << 60, streams[header.id] == nil else {
      throw ApplicationFault("stream number \(header.id)")
    }
    guard openedStreams < Int(APP_STREAMS) else { throw ApplicationFault("more than \(APP_STREAMS) streams") }
    let preamble = StreamPreamble(
      kind: .bytes, trafficClass: try trafficClass(command), name: try protocolName(command),
      metadata: Array(command.metadata))
    guard let peer = node.core.peer(PeerHandle(rawValue: header.peer)) else {
      return tell(
        application_event(
          MESH_ON_STREAM_END, id: header.id, token: header.token, peer: header.peer, code: MESH_E_STALE))
    }
    let stream = PortStream(self, id: header.id, token: header.token, peer: peer)
    stream.preamble = preamble
    streams[header.id] = stream
    openedStreams += 1
    open(stream)
  }

  /// Opens a stream, or leaves it to `openWaiting` while the peer allows no more.
  private func open(_ stream: PortStream) {
    guard let preamble = stream.preamble else { return }
    do throws(NodeError) {
      stream.stream = try node.core.open(preamble, to: stream.peer.id, handler: stream, now: node.loop.now)
    } catch {
      if case .refused(.streamLimit) = error {
        if !streamsToOpen.contains(where: { $0 === stream }) { streamsToOpen.append(stream) }
        return
      }
      return stream.end(StreamFate(StreamCode.failed, own: MESH_E_UNREACHABLE))
    }
    stream.preamble = nil
    if let opened = stream.stream { opened.multiplexer.releaseByHand(opened.reference) }
    if stream.peer.links.isEmpty { node.core.want(stream.peer.id, now: node.loop.now) }
    stream.drain()
  }

  /// Tries again to open what had to wait.
  func openWaiting() {
    guard !streamsToOpen.isEmpty else { return }
    let waiting = streamsToOpen
    streamsToOpen = []
    for stream in waiting where streams[stream.id] === stream { open(stream) }
  }

  func write(_ command: ApplicationCommand) throws(ApplicationFault) {
    // The end of a stream may have crossed its data.
    try streams[command.header.id]?.write(command)
  }

  func resetStream(_ command: ApplicationCommand) {
    streams[command.header.id]?.reset(StreamFate.wire(command.header.value))
  }

  /// A peer has opened a stream of a served protocol.
  func streamOpened(_ stream: PeerStream, _ preamble: StreamPreamble, by served: ServedProtocol) -> StreamAcceptance {
    lastStream += 1
    let opened = PortStream(self, id: Self.streamMark | lastStream, token: served.token, peer: stream.peer)
    opened.stream = stream
    stream.multiplexer.releaseByHand(stream.reference)
    streams[opened.id] = opened
    tell(
      application_event(MESH_ON_STREAM, id: opened.id, token: served.token, peer: number(of: stream.peer)),
      meta: preamble.metadata)
    return .accept(opened)
  }

  func forget(_ stream: PortStream) {
    guard streams.removeValue(forKey: stream.id) != nil else { return }
    if stream.id < HeldMessages.mark { openedStreams -= 1 }
  }
}
