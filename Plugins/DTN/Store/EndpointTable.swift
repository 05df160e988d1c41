// SPDX-License-Identifier: Apache-2.0
import BundleProtocol

/// Small numbers for endpoints that bundles here name, each as long as one does.
struct EndpointTable {
  private struct Name {
    var endpoint: EndpointID
    var uses: Int
    var hash: Int
  }

  private var numbers: [EndpointID: UInt32] = [:]
  private var names: [Name] = []
  private var free: [UInt32] = []
  /// The last that was used: those that follow one another often name the same.
  private var recent: UInt32?

  /// The endpoint's number, if a bundle here names it.
  func number(_ endpoint: EndpointID) -> UInt32? { numbers[endpoint] }

  /// What a number in use stands for.
  func endpoint(_ number: UInt32) -> EndpointID { names[Int(number)].endpoint }

  mutating func use(_ endpoint: EndpointID) -> UInt32 {
    if let recent, names[Int(recent)].uses > 0, names[Int(recent)].endpoint == endpoint {
      names[Int(recent)].uses += 1
      return recent
    }
    let number = take(endpoint)
    recent = number
    return number
  }

  /// A hash of the name of a number in use, the same for equal names; seeded anew in each process.
  func hash(_ number: UInt32) -> Int { names[Int(number)].hash }

  private mutating func take(_ endpoint: EndpointID) -> UInt32 {
    if let number = numbers[endpoint] {
      names[Int(number)].uses += 1
      return number
    }
    let name = Name(endpoint: endpoint, uses: 1, hash: endpoint.hashValue)
    let number = free.popLast() ?? UInt32(names.count)
    if Int(number) == names.count { names.append(name) } else { names[Int(number)] = name }
    numbers[endpoint] = number
    return number
  }

  /// How many use a number.
  func uses(_ number: UInt32) -> Int { names[Int(number)].uses }

  /// Numbers in use.
  var numbersInUse: Dictionary<EndpointID, UInt32>.Values { numbers.values }

  /// One use less; after the last the number may mean another endpoint.
  /// - Returns: whether it was the last.
  @discardableResult mutating func release(_ number: UInt32) -> Bool {
    names[Int(number)].uses -= 1
    guard names[Int(number)].uses == 0 else { return false }
    numbers[names[Int(number)].endpoint] = nil
    names[Int(number)].endpoint = .none
    free.append(number)
    return true
  }
}
