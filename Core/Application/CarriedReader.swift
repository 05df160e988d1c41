// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshWire

/// Messages for a served protocol that came with a carrier, which keeps them until the application has released them.
final class CarriedReader: PortReader {
  private let served: ServedProtocol
  private var references: [UInt64: CarriedReference] = [:]
  private var nextSequence: UInt64 = 0

  init(_ port: ApplicationPort, _ served: ServedProtocol) {
    self.served = served
    super.init(port)
  }

  func take(_ message: CarriedMessage) -> CarriedAcceptance {
    guard let port else { return .refused }
    guard served.heldCount < served.window, !port.isSinkFull else { return .later }
    let number = port.number(of: message.peer)
    let id = port.held.hold(self, nextSequence)
    var header = application_event(MESH_ON_MESSAGE, id: id, token: served.token, peer: number)
    header.value = max(message.lifetime, 1)
    let isTaken = message.key.withUnsafeBytes { key in
      message.body.withUnsafeBytes { port.offer(header, meta: key, data: $0) }
    }
    guard isTaken else {
      _ = port.held.take(id)
      return .later
    }
    references[nextSequence] = message.reference
    nextSequence += 1
    served.heldCount += 1
    return .taken
  }

  override func released(_ sequence: UInt64, now: UInt64) {
    guard let reference = references.removeValue(forKey: sequence), let port else { return }
    served.heldCount -= 1
    port.node.core.carriage.released(reference)
  }

  /// The application is gone; what it has not released waits for the next one.
  func stop() {
    guard let carriage = port?.node.core.carriage else { return }
    port = nil
    for reference in references.values { carriage.returned(reference) }
    references = [:]
  }
}
