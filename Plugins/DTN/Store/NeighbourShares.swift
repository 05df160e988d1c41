// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// How much has come through each neighbour and is here: names of sources can be invented, neighbours that are believed
/// cannot. Bundles know theirs by one byte.
struct NeighbourShares {
  private var names = [EndpointID?](repeating: nil, count: 256)
  private var numbers: [EndpointID: UInt8] = [:]
  private var shares = [BundleIndex.Usage](repeating: BundleIndex.Usage(), count: 256)
  private var quotas = [StoreLimits.Quota](repeating: StoreLimits.Quota(), count: 256)

  /// Made here: no neighbour's.
  static let here: UInt8 = 0
  /// Of all that may call themselves anything.
  static let strangers: UInt8 = 1
  /// Of all for whom there was no number.
  static let others: UInt8 = 255

  init(_ limits: StoreLimits) {
    quotas[Int(Self.strangers)] = limits.quota(ofNeighbour: EndpointID.none)
    quotas[Int(Self.others)] = limits.perNeighbour
  }

  /// The number of a neighbour: it is given one when it has none.
  mutating func number(_ neighbour: EndpointID?, _ limits: StoreLimits) -> UInt8 {
    guard let neighbour else { return Self.here }
    guard !neighbour.isNull else { return Self.strangers }
    let name = SourceNodes.node(neighbour)
    if let number = numbers[name] { return number }
    let unused = (Self.strangers + 1..<Self.others).first { shares[Int($0)].count == 0 }
    guard let unused else { return Self.others }
    if let old = names[Int(unused)] { numbers[old] = nil }
    names[Int(unused)] = name
    numbers[name] = unused
    quotas[Int(unused)] = limits.quota(ofNeighbour: name)
    return unused
  }

  mutating func change(_ number: UInt8, _ body: (inout BundleIndex.Usage) -> Void) { body(&shares[Int(number)]) }

  func usage(_ number: UInt8) -> BundleIndex.Usage { shares[Int(number)] }

  func quota(_ number: UInt8) -> StoreLimits.Quota { quotas[Int(number)] }

  /// Every neighbour through which something has come that is here; `none` stands for strangers, nil for all others.
  var all: [(neighbour: EndpointID?, usage: BundleIndex.Usage, quota: StoreLimits.Quota)] {
    (Self.strangers...Self.others).filter { shares[Int($0)].count > 0 }.map { number in
      let name = number == Self.strangers ? EndpointID.none : names[Int(number)]
      return (name, shares[Int(number)], quotas[Int(number)])
    }
  }
}
