// SPDX-License-Identifier: Apache-2.0
// Modules: BundleProtocol=Plugins/DTN/Bundle BundleRouting=Plugins/DTN/Routing
import BundleProtocol
import BundleRouting

/// A neighbour's routing messages, and contact plans, whatever is in them.
@c(LLVMFuzzerTestOneInput)
public func fuzzRouting(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 1 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: data + 1, count: count - 1))
  if data[0] & 1 == 0 {
    let routing = ReplicationRouting(.prophet(ProphetParameters()))
    let neighbour = EndpointID.dtn("//a/")
    let id = BundleID(source: .dtn("//s/"), timestamp: CreationTimestamp(time: 1, sequence: 1))
    routing.add(RoutedBundle(sequence: 1, id: id, destination: .dtn("//d/x"), deadline: 1000, size: 1), now: 0)
    routing.connected(neighbour, now: 0)
    let gone = (try? routing.receive(bytes, from: neighbour, now: 0)) ?? []
    precondition(gone.allSatisfy { $0 == 1 })
    var steps = 0
    while routing.next(for: neighbour, now: 0) != nil { steps += 1 }
    precondition(steps < 10)
  } else if let contacts = try? IONContactPlan.read(String(decoding: bytes, as: UTF8.self), reference: 1000) {
    let graph = ContactGraph(contacts)
    if let first = contacts.first, let last = contacts.last {
      let route = graph.route(.init(from: first.from, to: last.to, size: 10, now: 0))
      precondition(route?.contacts.isEmpty != true)
    }
  }
  return 0
}
