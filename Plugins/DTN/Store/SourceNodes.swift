// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// How much each node has here, however many services of it are sources. Sources are known by their number in the index.
struct SourceNodes {
  private struct Node {
    var usage = BundleIndex.Usage()
    var quota = StoreLimits.Quota()
  }

  private var names = EndpointTable()
  private var nodes: [Node] = []
  private var nodeOfSource: [UInt32] = []

  /// The node of an endpoint in one form, however it is written; the endpoint itself where it names none.
  static func node(_ endpoint: EndpointID) -> EndpointID {
    guard let node = endpoint.node else { return endpoint }
    guard case .ipn(let allocator, let number, let service, _) = node else { return node }
    return .ipn(allocator: allocator, node: number, service: service, isShort: true)
  }

  /// A source has come whose number was not in use.
  mutating func use(_ source: EndpointID, number: UInt32, _ limits: StoreLimits) {
    let name = Self.node(source)
    let node = names.use(name)
    if Int(node) == nodes.count { nodes.append(Node()) }
    if names.uses(node) == 1 { nodes[Int(node)] = Node(quota: limits.quota(of: name)) }
    while nodeOfSource.count <= Int(number) { nodeOfSource.append(0) }
    nodeOfSource[Int(number)] = node
  }

  /// The source's last bundle has gone.
  mutating func release(_ number: UInt32) { names.release(nodeOfSource[Int(number)]) }

  mutating func change(_ source: UInt32, _ body: (inout BundleIndex.Usage) -> Void) {
    body(&nodes[Int(nodeOfSource[Int(source)])].usage)
  }

  /// The number of a source's node, if it has anything here.
  func number(_ source: EndpointID) -> UInt32? { names.number(Self.node(source)) }

  func number(ofSource source: UInt32) -> UInt32 { nodeOfSource[Int(source)] }

  func usage(_ node: UInt32) -> BundleIndex.Usage { nodes[Int(node)].usage }

  func quota(_ node: UInt32) -> StoreLimits.Quota { nodes[Int(node)].quota }

  /// Every node that has something here.
  var all: [(node: EndpointID, usage: BundleIndex.Usage, quota: StoreLimits.Quota)] {
    names.numbersInUse.map { (names.endpoint($0), nodes[Int($0)].usage, nodes[Int($0)].quota) }
  }
}
