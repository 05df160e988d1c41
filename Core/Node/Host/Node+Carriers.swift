// SPDX-License-Identifier: Apache-2.0
import CLinux
import CMeshABI
import Glibc
import MeshEventLoop
import MeshObserve
import MeshPluginHost
import MeshSession
import MeshWire

/// Where a thread for blocking work leaves word; read on the loop's thread only.
final class WindowNews: @unchecked Sendable {
  /// Sets this to nil before it goes; a weak reference would make its counts slow.
  unowned(unsafe) var node: Node?
}

extension Node: CarrierDriver {
  /// See `CarrierDriver.carriers`: in the order of the file.
  public var carriers: [Int] {
    transports.compactMap { transport in
      guard transport.isRunning, let instance = transport.instance, host.isCarrier(instance) else { return nil }
      return transport.index
    }
  }

  /// See `CarrierDriver.mayHaveCarriers`: what a transport is that does not run is not known.
  public var mayHaveCarriers: Bool {
    transports.contains { transport in
      guard transport.isRunning, let instance = transport.instance else { return !transport.isRemoved }
      return host.isCarrier(instance)
    }
  }

  /// See `CarrierDriver.wallClock`.
  public var wallClock: UInt64 { UInt64(clamping: clinux_wall_clock_ms()) }

  /// See `CarrierDriver.submit`.
  public func submit(
    _ envelope: [UInt8], for recipient: NodeID, to carrier: Int, token: UInt64, lifetime: UInt64,
    trafficClass: TrafficClass
  ) -> Int32 {
    guard let instance = transport(carrier)?.instance else { return MESH_E_STATE }
    let code = recipient.withBytes { name in
      envelope.withUnsafeBytes {
        host.submit(
          $0, for: name, to: instance, token: token, lifetime: lifetime, trafficClass: trafficClass.rawValue)
      }
    }
    if code != MESH_OK, code != MESH_E_EXISTS {
      log.debug("envelope_not_taken", [.text("transport", transport(carrier)?.name ?? ""), .number("code", code)])
    }
    return code
  }

  /// See `CarrierDriver.cancelEnvelope`.
  public func cancelEnvelope(_ token: UInt64, of carrier: Int) {
    if let instance = transport(carrier)?.instance { _ = host.cancelEnvelope(token, of: instance) }
  }

  /// See `CarrierDriver.settle`.
  public func settle(_ arrival: [UInt8], of carrier: Int, status: Int32) {
    guard let transport = transport(carrier), let instance = transport.instance else { return }
    if status != MESH_OK, status != MESH_E_AGAIN {
      log.warning("envelope_refused", [.text("transport", transport.name), .number("code", status)])
    }
    host.settle(arrival, of: instance, status: status)
  }

  /// See `CarrierDriver.retryArrivals`.
  public func retryArrivals(of carrier: Int) {
    if let instance = transport(carrier)?.instance { host.retryArrivals(of: instance) }
  }

  /// See `CarrierDriver.appendToWindow`: on a thread for blocking work.
  public func appendToWindow(_ records: [UInt8]) {
    let file = windowFile
    let loop = loop
    let news = windowNews
    // One write is under way at a time, so that the file may be looked at here.
    let isAnew = file.hasFailed || file.isBloated(live: core.carriage.window.journalLength)
    let whole = isAnew ? core.carriage.window.journal : nil
    let isAccepted = offloadPool.submit {
      let code = whole.map { file.replace(with: $0) } ?? file.append(records)
      loop.post { news.node?.windowWritten(code) }
    }
    if !isAccepted { later.run { [unowned self] in self.windowWritten(EAGAIN) } }
  }

  func windowWritten(_ code: Int32) {
    if code != 0 {
      log.error("window_not_saved", [.text("file", "carriage"), .text("reason", String(cString: strerror(code)))])
    }
    core.carriage.persisted(code == 0, now: loop.now)
    wantTurn()
  }

  func loadWindow() {
    let journal = windowFile.read()
    let read = journal.withUnsafeBytes { core.carriage.load(window: $0, now: wallClock) }
    if read < journal.count {
      log.warning("window_cut", [.text("file", "carriage"), .number("bytes", journal.count - read)])
    }
    guard !journal.isEmpty else { return }
    let code = windowFile.replace(with: core.carriage.window.journal)
    if code != 0 { log.error("window_not_saved", [.text("reason", String(cString: strerror(code)))]) }
  }

  // MARK: what the plugin host tells

  /// What a carrier says of an envelope of this node.
  public func carrier(_ instance: InstanceID, reports report: CarrierReport) {
    guard let transport = transport(of: instance) else { return }
    log.debug(
      "envelope_report",
      [.text("transport", transport.name), .number("kind", report.kind), .number("code", report.code)])
    core.carriage.reported(
      transport.index, token: report.token, kind: report.kind, code: report.code, now: loop.now)
    wantTurn()
  }

  /// An envelope for this node.
  public func carrier(_ instance: InstanceID, arrived arrival: CarrierArrival) {
    guard let transport = transport(of: instance) else { return }
    core.carriage.arrived(transport.index, arrival: arrival.id, envelope: arrival.envelope, now: loop.now)
    wantTurn()
  }

  /// An instance no longer runs: nothing of it is served, and what it did not keep comes back.
  func extensionsEnded(_ transport: NodeTransport) {
    core.carriage.carrierStopped(transport.index, now: loop.now)
    for (name, server) in pluginProtocols where server.transport === transport {
      pluginProtocols[name] = nil
      core.stopServing(name)
      server.end(now: loop.now)
    }
  }
}
