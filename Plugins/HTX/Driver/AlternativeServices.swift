// SPDX-License-Identifier: Apache-2.0
import HTXTCP

/// The sites whose pages said that they have HTTP/3, as browsers remember them: the next visit goes over QUIC. Bounded;
/// what has no room is visited over TCP.
struct AlternativeServices {
  private static let capacity = 256
  /// Seconds that nothing is remembered beyond, a week.
  private static let longest: UInt32 = 604_800

  private var ports: [String: (port: UInt16, until: UInt64)] = [:]

  /// The UDP port of a site, nil where it has none that is known.
  mutating func port(of site: String, now: UInt64) -> UInt16? {
    guard let known = ports[site] else { return nil }
    guard now < known.until else {
      ports[site] = nil
      return nil
    }
    return known.port
  }

  /// A page of the site has said `value` in its field `Alt-Svc`.
  mutating func learn(_ value: String, from site: String, now: UInt64) {
    guard let service = AlternativeService(value), service.maximumAge > 0 else {
      ports[site] = nil
      return
    }
    if ports.count >= Self.capacity, ports[site] == nil { ports = ports.filter { now < $0.value.until } }
    guard ports.count < Self.capacity || ports[site] != nil else { return }
    ports[site] = (service.port, now &+ UInt64(min(service.maximumAge, Self.longest)) * 1_000_000_000)
  }

  /// The site has not answered there.
  mutating func forget(_ site: String) { ports[site] = nil }
}
