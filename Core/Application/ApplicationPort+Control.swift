// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshControl
import MeshEventLoop
import MeshNode

extension ApplicationPort {
  func controlMessage(_ command: ApplicationCommand) throws(ApplicationFault) {
    guard command.data.count >= 5 else { throw ApplicationFault("a control message without content") }
    let length = (0..<4).reduce(0) { $0 << 8 | Int(command.data[$1]) }
    guard length == command.data.count - 4 else { throw ApplicationFault("a control message of another length") }
    control.receive(command.data, now: node.loop.now)
    if let fault = control.fault { throw ApplicationFault("control: \(fault.message)") }
    if waiting.isEmpty { pumpControl() }
  }

  /// Moves whole control messages from the connection to the application.
  func pumpControl() {
    guard !isPumping else { return }
    isPumping = true
    defer { isPumping = false }
    while waiting.isEmpty, control.output.count >= 4 {
      let count = 4 + (0..<4).reduce(0) { $0 << 8 | Int(control.output[$1]) }
      let isTaken = control.output.withUnsafeBytes {
        sink.append(
          application_event(APP_ON_CONTROL), meta: .empty, data: UnsafeRawBufferPointer(rebasing: $0[..<count]))
      }
      guard isTaken else { return }
      control.consumeOutput(count, now: node.loop.now)
    }
  }
}
