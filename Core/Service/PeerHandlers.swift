// SPDX-License-Identifier: Apache-2.0
import CLinux
import MeshControl
import MeshCrypto
import MeshEventLoop
import MeshNode
import MeshSession
import MeshTransportManager
import MeshWire

extension NodeService {
  func registerPeers(on server: ControlServer) {
    server.answer(PeersListMethod.self) { [unowned self] _ in
      let peers = self.node.core.peers.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
      return PeerList(peers: peers.map { self.info($0) })
    }
    server.answer(PeersAddMethod.self) { [unowned self] params throws(ControlError) in
      let invitation: Invitation
      do throws(Invitation.Failure) {
        invitation = try Invitation.parse(params.invitation)
      } catch {
        throw ControlError(
          .invalid, "\(error)", hint: "Run 'meshctl id --invite' on the other node and copy the whole line.")
      }
      let alias = params.alias ?? ""
      guard alias.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), alias.utf8.count <= 64, alias != "-" else {
        throw ControlError(.invalid, "'\(alias)' is not a name for a peer", hint: "Use letters and digits, no spaces.")
      }
      do throws(NodeStartError) {
        return self.info(try self.node.addPeer(invitation, alias: alias))
      } catch { throw ControlError(.invalid, error.description) }
    }
    server.answer(PeersRemoveMethod.self) { [unowned self] params throws(ControlError) in
      let peer = try self.known(params.peer)
      let isRemoved: Bool
      do throws(NodeStartError) { isRemoved = try self.node.removePeer(peer) } catch {
        throw ControlError(.io, error.description, hint: "The peer stays. Check the disk and the folder's owner.")
      }
      guard isRemoved else {
        throw ControlError(
          .state, "'\(params.peer)' stands in the configuration",
          hint:
            "Remove it from 'peers:' in \(self.configurationPath ?? "the configuration"), then run 'meshctl reload'.")
      }
      return Nothing()
    }
  }

  func info(_ peer: Peer) -> PeerInfo {
    let link = peer.session?.link(for: .normal)
    let seen = peer.links.isEmpty ? peer.lastSeen : loop.now
    return PeerInfo(
      id: peer.id.name, alias: peer.name.isEmpty ? nil : peer.name, state: state(of: peer),
      transport: link.flatMap { node.transport(ofLink: $0.id)?.name },
      roundTrip: link.flatMap { $0.roundTrip > 0 ? $0.roundTrip : nil }, addresses: peer.addresses.map(\.uri),
      queued: node.queuedBytes(for: peer), lastSeen: seen == 0 ? nil : unixMilliseconds(seen),
      source: node.source(of: peer))
  }

  func state(of peer: Peer) -> String {
    if !peer.links.isEmpty { return "connected" }
    guard let why = node.core.transports.why(peer.handle, now: loop.now), why.isWanted else { return "idle" }
    let isDialing = why.paths.contains { if case .dialing = $0.state { true } else { false } }
    if isDialing { return "connecting" }
    return peer.addresses.isEmpty ? "idle" : "unreachable"
  }

  /// A moment of the monotonic clock as milliseconds since 1970.
  func unixMilliseconds(_ at: UInt64) -> UInt64 {
    let wall = UInt64(clamping: clinux_wall_clock_ms())
    let now = MonotonicClock.read()
    return at <= now ? wall - min(wall, (now - at) / 1_000_000) : wall + (at - now) / 1_000_000
  }
}
