// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting

/// Routes in a plan of 1,000 contacts between 40 nodes.
enum Routes {
  static func measure(seconds: Double) {
    var state: UInt64 = 1
    func next(_ limit: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % limit
    }
    func node(_ number: UInt64) -> EndpointID {
      .ipn(allocator: 0, node: UInt32(number + 1), service: 0, isShort: true)
    }
    let contacts = (0..<1000).map { _ -> Contact in
      let from = next(40)
      let start = next(86_400_000)
      return Contact(
        from: node(from), to: node((from + 1 + next(39)) % 40), start: start, end: start + 60_000 + next(1_800_000),
        rate: 1000 + next(100_000), delay: next(5000))
    }
    let graph = ContactGraph(contacts)
    let start = now()
    var times: [Double] = []
    var found = 0
    while now() - start < seconds {
      let from = next(40)
      let request = ContactGraph.Request(
        from: node(from), to: node((from + 1 + next(39)) % 40), size: 10_000, now: next(20_000_000))
      let before = now()
      if graph.route(request) != nil { found += 1 }
      times.append((now() - before) * 1e6)
    }
    times.sort()
    guard found > 0 else { return }
    figure("libmesh", "route-1000", times[times.count / 2], "us")
    figure("libmesh", "route-1000-p99", times[times.count * 99 / 100], "us")
  }
}
