// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop

/// A handler that writes down what it was called for.
final class Recorder: EventHandler {
  var calls: [String] = []
  var onRun: (() -> Void)?
  var onExpired: ((UInt64) -> Void)?
  var onReady: ((UInt64) -> Void)?
  var onCollect: (() -> Void)?
  var onEnd: (() -> Void)?
  var recordsHooks = false

  override func ready(_ readiness: Readiness, token: UInt64) {
    calls.append("ready \(token) \(readiness.rawValue)")
    onReady?(token)
  }

  override func expired(token: UInt64) {
    calls.append("expired \(token)")
    onExpired?(token)
  }

  override func run() {
    calls.append("run")
    onRun?()
  }

  override func collect() {
    if recordsHooks { calls.append("collect") }
    onCollect?()
  }

  override func turnEnded() {
    if recordsHooks { calls.append("end") }
    onEnd?()
  }
}
