import CMeshABI
import Glibc
import TransportBytes
// SPDX-License-Identifier: Apache-2.0
import TransportDriver
import TransportTLS
import WebSocketCore

extension Instance {
  /// A dialled socket is connected, to the proxy or to the node.
  func connected(_ link: Link) {
    if let proxy = link.proxy {
      link.phase = .proxy
      link.pending.append(proxy.opening)
      flush(link)
    } else if link.address.isSecure {
      beginTLS(link)
    } else {
      sendRequest(link)
    }
  }

  func beginTLS(_ link: Link) {
    do {
      link.tls = try credentials.session(for: link, settings)
    } catch {
      return end(link, error)
    }
    link.phase = .tls
    stepTLS(link)
  }

  private func sendRequest(_ link: Link) {
    link.phase = .upgrading
    let request = UpgradeRequest(
      host: link.address.hostField, path: link.address.path, subprotocol: Self.subprotocol, nonce: Random.bytes(16))
    link.request = request
    link.pending.append(request.bytes)
    flush(link)
  }

  /// The socket of a link that is not up yet has bytes, or ended.
  func receiveHandshake(_ link: Link) {
    if link.phase == .tls {
      if let tls = link.tls, fillTLS(link, tls) { stepTLS(link) }
      return
    }
    guard let handshake = link.handshake else { return }
    let target = handshake.reserve(HTTPHead.maximumBytes)
    let count = read(link, nil, 0, target, HTTPHead.maximumBytes)
    guard count > 0 else { return }
    handshake.commit(count)
    stepHandshake(link, handshake)
  }

  private func stepTLS(_ link: Link) {
    guard let tls = link.tls else { return }
    do {
      let isDone = try tls.handshake()
      guard drainTLS(link, tls) || link.phase != .gone else { return }
      if !tls.output.isEmpty { setMask(link, MESH_WATCH_READ | MESH_WATCH_WRITE) }
      guard isDone, link.phase == .tls else { return }
    } catch {
      _ = drainTLS(link, tls)
      let code = error.isAuthentication ? MESH_E_AUTH : MESH_E_PROTOCOL
      let category = error.isAuthentication ? MESH_CLASS_AUTH : MESH_CLASS_PEER
      return end(link, Failure(code, category, "TLS: \(error.sentence)"))
    }
    link.phase = .upgrading
    if link.role == .client { sendRequest(link) }
    if link.phase == .upgrading { receiveHandshake(link) }
  }

  private func stepHandshake(_ link: Link, _ handshake: ByteBuffer) {
    if link.phase == .proxy { return stepProxy(link, handshake) }
    let head: HTTPHead?
    do {
      head = try HTTPHead.parse(handshake.readable)
    } catch {
      return link.role == .server
        ? answer(link, UpgradePolicy.answer(to: error), handshake, length: handshake.count)
        : end(link, Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "the answer to the upgrade is not HTTP"))
    }
    guard let head else { return }
    if link.role == .server, let policy = link.policy {
      answer(link, policy.answer(to: head), handshake, length: head.length)
    } else if let request = link.request {
      do {
        _ = try request.check(head)
        handshake.consume(head.length)
        up(link, handshake)
      } catch {
        refused(link, error)
      }
    }
  }

  private func stepProxy(_ link: Link, _ handshake: ByteBuffer) {
    do {
      while let step = try link.proxy?.receive(handshake.readable) {
        switch step {
        case .wait: return
        case .send(let consumed, let bytes):
          handshake.consume(consumed)
          link.pending.append(bytes)
          flush(link)
          if link.phase == .gone { return }
        case .connected(let consumed):
          handshake.consume(consumed)
          link.proxy = nil
          return connected(link)
        }
      }
    } catch {
      switch error {
      case .credentials: end(link, Failure(MESH_E_AUTH, MESH_CLASS_AUTH, "the proxy wants other credentials"))
      case .forbidden: end(link, Failure(MESH_E_REFUSED, MESH_CLASS_CONFIG, "the proxy refused to connect"))
      case .unreachable:
        end(link, Failure(MESH_E_UNREACHABLE, MESH_CLASS_TRANSIENT, "the proxy cannot reach the node"))
      case .malformed: end(link, Failure(MESH_E_PROTOCOL, MESH_CLASS_CONFIG, "the proxy does not answer as one"))
      }
    }
  }

  private func answer(_ link: Link, _ answer: UpgradePolicy.Answer, _ handshake: ByteBuffer, length: Int) {
    handshake.consume(length)
    switch answer {
    case .accept(let bytes, _):
      link.pending.append(bytes)
      flush(link)
      if link.phase != .gone { up(link, handshake) }
    case .refuse(let status, let bytes):
      figures.upgradesRefused &+= 1
      link.pending.append(bytes)
      flush(link)
      guard link.phase != .gone else { return }
      // What was not read would turn the close into a reset, and the answer would be lost.
      shutdown(link.descriptor, Int32(SHUT_WR))
      _ = recv(link.descriptor, scratch, Self.scratchBytes, 0)
      end(link, Failure(MESH_E_REFUSED, MESH_CLASS_PEER, "the upgrade request was answered with \(status)"))
    }
  }

  private func refused(_ link: Link, _ refusal: UpgradeRequest.Refusal) {
    switch refusal {
    case .status(let status):
      let category =
        switch status {
        case 401, 403: MESH_CLASS_AUTH
        case 300...499: MESH_CLASS_CONFIG
        case 500...599: MESH_CLASS_TRANSIENT
        default: MESH_CLASS_PEER
        }
      end(link, Failure(MESH_E_REFUSED, category, "the upgrade was answered with \(status)"))
    case .field(let name):
      end(link, Failure(MESH_E_PROTOCOL, MESH_CLASS_PEER, "the answer to the upgrade has a wrong \(name)"))
    }
  }

  private func up(_ link: Link, _ rest: ByteBuffer) {
    link.phase = .open
    link.handshake = nil
    link.request = nil
    handshakes -= 1
    setDeadline(link, MESH_DEADLINE_NONE)
    let binding = link.tls?.channelBinding("EXPORTER-mesh-ws") ?? []
    var caps = Information.capabilities(mtu: settings.mtu)
    binding.withUnsafeBytes { bytes in
      withUnsafeBytes(of: &caps) { extra in
        var event = mesh_link_event()
        event.kind = MESH_EVENT_UP
        event.link = link.id
        event.data.ptr = bytes.baseAddress
        event.data_len = UInt32(bytes.count)
        event.extra.ptr = extra.baseAddress
        event.extra_len = UInt32(extra.count)
        host.event(&event)
      }
    }
    host.credit(link.id, frames: UInt32(settings.queueFrames), bytes: UInt64(settings.queueBytes))
    receiveFrames(link, after: rest)
    if link.phase == .open, link.tls != nil { receiveFrames(link) }
  }
}
