// SPDX-License-Identifier: Apache-2.0
import MeshConfig
import MeshEventLoop
import MeshObserve
import MeshPluginHost

extension Node {
  /// Opens what the configuration lists and is not open; closes what it no longer lists.
  func openListeners(_ transport: NodeTransport) {
    guard transport.isRunning, stopPhase == .running else { return }
    var kept: [NodeTransport.Listener] = []
    for listener in transport.listeners {
      if transport.settings.listen.contains(listener.address) {
        kept.append(listener)
      } else if let id = listener.id {
        try? host.unlisten(id)
      }
    }
    for address in transport.settings.listen where !kept.contains(where: { $0.address == address }) {
      kept.append(NodeTransport.Listener(address: address))
    }
    transport.listeners = kept
    for index in kept.indices where kept[index].id == nil { open(transport, index) }
  }

  private func open(_ transport: NodeTransport, _ index: Int) {
    guard let instance = transport.instance else { return }
    do throws(PluginError) {
      transport.listeners[index].id = try host.listen(instance, on: transport.listeners[index].address)
    } catch {
      listenerFailed(transport, index, error.text)
    }
  }

  func retryListener(transport number: Int, listener: Int) {
    guard let transport = transport(number), listener < transport.listeners.count, transport.isRunning,
      transport.listeners[listener].id == nil, stopPhase == .running
    else { return }
    open(transport, listener)
  }

  /// A listener is bound.
  public func listener(_ listener: ListenerID, isListeningAt address: String) {
    guard let (transport, index) = find(listener) else { return }
    transport.listeners[index].bound = address
    transport.listeners[index].problem = nil
    transport.listeners[index].failures = 0
    log.info("listening", [.text("transport", transport.name), .address("address", address)])
    tellListeners(of: transport)
    recordChanged()
  }

  /// A listener could not be bound or was lost; it is tried again.
  public func listener(_ listener: ListenerID, failed failure: Failure) {
    guard let (transport, index) = find(listener) else { return }
    transport.listeners[index].id = nil
    listenerFailed(transport, index, failure.text)
  }

  /// 1, 2, 4 … 60 seconds.
  private func listenerFailed(_ transport: NodeTransport, _ index: Int, _ text: String) {
    transport.listeners[index].bound = nil
    transport.listeners[index].problem = text
    transport.listeners[index].failures += 1
    let seconds = min(UInt64(1) << UInt64(min(transport.listeners[index].failures - 1, 6)), 60)
    log.error(
      "listener_failed",
      [
        .text("transport", transport.name), .address("address", transport.listeners[index].address),
        .text("reason", text), .number("retry_s", seconds),
      ])
    tellListeners(of: transport)
    let token = TimerKind.listener.rawValue | UInt64(transport.index) << 8 | UInt64(index) << 32
    _ = loop.schedule(at: loop.now + seconds * 1_000_000_000, token: token, handler: self)
  }

  private func find(_ id: ListenerID) -> (NodeTransport, Int)? {
    for transport in transports {
      if let index = transport.listeners.firstIndex(where: { $0.id == id }) { return (transport, index) }
    }
    return nil
  }

  /// Every address that others may use.
  public var advertisedAddresses: [String] { transports.filter(\.isRunning).flatMap(\.advertised) }
}
