// SPDX-License-Identifier: Apache-2.0

import MeshMultiplexer

/// A served protocol of requests, as one server among those of streams.
final class RequestService: ProtocolServer {
  let name: String
  let server: RequestServer
  let releasesByHand: Bool
  private unowned let node: NodeCore

  init(name: String, server: RequestServer, releasesByHand: Bool, node: NodeCore) {
    self.name = name
    self.server = server
    self.releasesByHand = releasesByHand
    self.node = node
  }

  func opened(_ stream: PeerStream, _ preamble: StreamPreamble) -> StreamAcceptance {
    guard preamble.kind == .request else { return .refuse(code: StreamCode.failed) }
    guard server.permits(stream.peer) else { return .refuse(code: StreamCode.notAllowed) }
    guard let request = node.servedRequests.take() else { return .refuse(code: StreamCode.busy) }
    if releasesByHand { stream.multiplexer.releaseByHand(stream.reference) }
    request.begin(self, stream, preamble)
    return .accept(request)
  }
}
