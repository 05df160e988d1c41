// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import MeshMultiplexer
import MeshNode

/// Brings the requests of one served protocol to the port.
final class PortAnswerer: RequestServer {
  /// A cycle until it is served no more.
  private let served: ServedProtocol
  private let loop: EventLoop

  init(_ served: ServedProtocol, _ loop: EventLoop) {
    self.served = served
    self.loop = loop
  }

  override func received(_ request: IncomingRequest, of node: NodeCore) {
    guard let port = served.port else {
      return node.refuse(request.reference, code: StreamCode.noSuchProtocol, now: loop.now)
    }
    port.requested(request, by: served)
  }

  override func cancelled(_ request: ServedRequestReference, _ reason: RequestCancellation, of node: NodeCore) {
    served.answeringPort?.requestGone(request)
  }

  override func writable(_ request: ServedRequestReference, of node: NodeCore) {
    served.answeringPort?.replyRoom(request)
  }
}
