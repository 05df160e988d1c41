// SPDX-License-Identifier: Apache-2.0
// Modules: BundleProtocol=Plugins/DTN/Bundle BundleConvergence=Plugins/DTN/Convergence
import BundleConvergence
import BundleProtocol

/// Whatever a peer sends, and in whatever pieces: no session says anything after its end, hands over more than arrived,
/// or keeps more output than its mark allows.
@c(LLVMFuzzerTestOneInput)
public func fuzzConvergence(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 2 else { return 0 }
  let input = UnsafeRawBufferPointer(start: data + 2, count: count - 2)
  var settings = TCPCLSettings(node: .dtn("//me/"))
  settings.tls = data[0] & 4 == 0 ? .never : .optional
  settings.unsettled = 8
  let session: any ConvergenceSession
  switch data[0] & 3 {
  case 0: session = TCPCLSession(settings, isActive: true, now: 0)
  case 1: session = TCPCLSession(settings, isActive: false, now: 0)
  case 2: session = FramedSession(.mtcp, now: 0)
  default: session = FramedSession(.stcp, now: 0)
  }
  let size = Int(data[1]) + 1
  var now: UInt64 = 0
  var arrived = 0
  var hasEnded = false
  var offset = 0
  while offset < input.count, session.wantsInput {
    let end = min(offset + size, input.count)
    session.receive(UnsafeRawBufferPointer(rebasing: input[offset..<end]), now: now)
    offset = end
    while let event = session.nextEvent(now: now) {
      precondition(!hasEnded)
      switch event {
      case .startTLS: (session as? TCPCLSession)?.startedTLS(nodes: [], now: now)
      case .established: _ = session.send([UInt8](repeating: 1, count: 70_000), now: now)
      case .arrived(let transfer, let bundle):
        arrived += bundle.count
        if transfer & 3 != 0 {
          session.settle(transfer, transfer & 1 == 0 ? .stored : .refused(.noResources), now: now)
        }
      case .ended: hasEnded = true
      default: break
      }
    }
    precondition(arrived <= input.count)
    let waiting = session.withOutput { $0.count }
    precondition(waiting < 1 << 20)
    session.wrote(waiting / 2, now: now)
    now += 500
    if let deadline = session.nextDeadline, deadline <= now { session.tick(now: now) }
  }
  session.disconnected(now: now)
  return 0
}
