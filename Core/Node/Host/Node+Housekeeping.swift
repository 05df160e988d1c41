// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import MeshConfig
import MeshEventLoop
import MeshObserve
import MeshSession

/// Hears of changes of the machine's links and addresses.
final class NetworkWatch: EventHandler {
  private let descriptor: Int32
  private unowned let node: Node

  init?(node: Node) {
    descriptor = clinux_network_watch()
    guard descriptor >= 0 else { return nil }
    self.node = node
    super.init()
  }

  deinit { close(descriptor) }

  override func ready(_ readiness: Readiness, token: UInt64) {
    if clinux_network_drain(descriptor) > 0 { node.networkMoved() }
  }

  func start() {
    do throws(EventLoopError) {
      _ = try node.loop.watch(descriptor, for: .read, handler: self)
    } catch { node.log.warning("network_not_watched", [.text("reason", "\(error)")]) }
  }
}

extension Node {
  private static let interval: UInt64 = 10_000_000_000
  /// Changes come in bursts; what they lead to waits for their end.
  private static let networkDelay: UInt64 = 500_000_000
  private static let sleepThreshold: Int64 = 2_000_000_000

  func startHousekeeping() {
    networkWatch = NetworkWatch(node: self)
    if networkWatch == nil { log.warning("network_not_watched") }
    networkWatch?.start()
    sleepOffset = sleptNanoseconds()
    scheduleHousekeeping()
  }

  private func scheduleHousekeeping() {
    _ = loop.schedule(at: loop.now + Node.interval, token: TimerKind.housekeeping.rawValue, handler: self)
  }

  private func sleptNanoseconds() -> Int64 { clinux_boot_time() - Int64(clamping: MonotonicClock.read()) }

  func housekeep() {
    scheduleHousekeeping()
    checkSleep()
    core.carriage.housekeep()
    for peer in core.peers.values {
      for link in peer.links where link.roundTrip > 0 { metrics.roundTrip.record(link.roundTrip) }
      closeIfIdle(peer)
    }
    if recordsUnsaved {
      recordsUnsaved = false
      let code = store.saveRecords()
      if code != 0 { log.error("records_not_saved", [.number("errno", code)]) }
    }
    pool.trim()
  }

  /// CLOCK_BOOTTIME runs on while the machine sleeps, CLOCK_MONOTONIC does not.
  func checkSleep() {
    let slept = sleptNanoseconds()
    if slept - sleepOffset > Node.sleepThreshold {
      log.info("resumed_from_sleep", [.duration("slept", nanoseconds: slept - sleepOffset)])
      core.networkChanged(now: loop.now)
      wantTurn()
    }
    sleepOffset = slept
  }

  private func closeIfIdle(_ peer: Peer) {
    guard let session = peer.session, !peer.links.isEmpty else { return }
    let idle = UInt64(configuration.node.idleTimeout)
    guard loop.now > session.lastActivity, loop.now - session.lastActivity > idle else { return }
    log.info("peer_idle", [.peer(peer.label), .session(session.conversation)])
    core.unwant(peer.id, now: loop.now)
    wantTurn()
  }

  func networkMoved() {
    guard !isNetworkSettling else { return }
    isNetworkSettling = true
    _ = loop.schedule(at: loop.now + Node.networkDelay, token: TimerKind.network.rawValue, handler: self)
  }

  func networkSettled() {
    isNetworkSettling = false
    log.info("network_changed")
    core.networkChanged(now: loop.now)
    wantTurn()
  }
}
