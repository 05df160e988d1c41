// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import HTXTickets

@Suite struct TicketSourceTests {
  @Test func addressesOfOneNetworkCountTogether() {
    let four = { NetworkPrefix(address: [192, 0, $0, $1]) }
    #expect(four(2, 1) == four(2, 200))
    #expect(four(2, 1) != four(3, 1))
    let six = { (byte: UInt8, last: UInt8) in
      NetworkPrefix(address: [0x20, 1, 0xD, 0xB8, 0, 0, byte, last] + [UInt8](repeating: last, count: 8))
    }
    #expect(six(1, 1) == six(1, 9))
    #expect(six(1, 1) != six(2, 1))
    let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 77]
    #expect(NetworkPrefix(address: mapped) == four(2, 1))
  }

  @Test func theTableOfNetworksIsBoundedAndForgetsThoseAtRest() {
    var limiter = SourceLimiter(burst: 2, perSecond: 1, capacity: 16)
    var passed = 0
    for number in 0..<200 {
      let network = NetworkPrefix(address: [10, UInt8(number / 256), UInt8(number % 256), 1])
      if limiter.take(network, now: 0) { passed += 1 }
      #expect(limiter.count <= 17)
    }
    #expect(passed == 18)
    let late = NetworkPrefix(address: [172, 16, 0, 1])
    let isServed = limiter.take(late, now: 10_000_000_000)
    #expect(isServed)
    #expect(limiter.count <= 2)
  }

  @Test func ticketsAreFoundInQueryCookiesAndForm() {
    let value = String(repeating: "A", count: 180)
    func find(_ target: String, _ cookies: [String], _ form: String?) -> [String] {
      TicketCandidates.find(target: target, cookies: cookies, form: form)
    }
    #expect(find("/a?x=1&bn1=\(value)&y", [], nil) == [value])
    #expect(find("/a?other=\(value)", [], nil) == [])
    #expect(find("/", ["a=b; __Host-id=\(value); c"], nil) == [value])
    #expect(find("/", [], "bn1=\(value)") == [value])
    #expect(find("/", [], "bn1=\(value.dropLast(60))") == [])
    #expect(find("/", Array(repeating: "a=\(value)", count: 9), nil).count == TicketCandidates.limit)
  }
}
