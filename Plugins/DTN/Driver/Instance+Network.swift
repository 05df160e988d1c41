// SPDX-License-Identifier: Apache-2.0
import BundleAgent
import BundleConvergence
import BundleNetwork
import BundleProtocol
import CMeshABI
import TransportDriver

extension Instance: NetworkDelegate {
  func listen(_ id: UInt64, _ address: NetworkAddress, descriptor: Int32) -> Int32 {
    guard let network else { return MESH_E_STATE }
    do throws(Failure) {
      let bound = try network.listen(id, address, descriptor: descriptor)
      host.event(MESH_EVENT_LISTENING, listener: id, bound)
    } catch {
      if error.code == MESH_E_ADDRESS { return error.code }
      host.event(MESH_EVENT_LISTEN_FAILED, listener: id, code: error.code, category: error.category, error.sentence)
    }
    return MESH_OK
  }

  func unlisten(_ id: UInt64) -> Int32 { network?.unlisten(id) == true ? MESH_OK : MESH_E_STALE }

  func came(_ connection: [UInt8], node: EndpointID?, isNeighbour: Bool, isTrusted: Bool) {
    agent?.came(connection, node: node, isNeighbour: isNeighbour, isTrusted: isTrusted)
  }

  func went(_ connection: [UInt8]) { agent?.went(connection) }

  func arrived(_ bundle: [UInt8], number: UInt64, over connection: [UInt8]) {
    agent?.arrived(bundle, number: number, over: connection)
  }

  func answered(_ number: UInt64, _ refusal: RefusalReason?, over connection: [UInt8]) {
    let reason = refusal.map { NeighbourMessage.Refusal(rawValue: $0.rawValue) ?? .unknown }
    agent?.answered(number, reason, over: connection)
  }

  func mayHaveRoom(_ connection: [UInt8]) { agent?.mayHaveRoom(connection) }

  func wantsTurn() { wantTurn() }
}
