// SPDX-License-Identifier: Apache-2.0
import HTXSite
import HTXTCP
import HTXTickets
import TestSupport
import Testing

@Suite struct VisitorTests {
  private static let second: UInt64 = 1_000_000_000

  private func progress(_ activity: VisitorActivity, _ requests: Int = 0, _ bytes: UInt64 = 0) -> VisitorProgress {
    VisitorProgress(activity: activity, requests: requests, bytes: bytes)
  }

  @Test func aHeadHasOneTimeForAllOfItHoweverItDrips() {
    var timer = VisitorTimer(VisitorTimer.Limits(), now: 0)
    #expect(timer.update(progress(.idle), now: 0) == 60 * Self.second)
    #expect(timer.update(progress(.head, 1), now: 10 * Self.second) == 70 * Self.second)
    for time in 11..<70 {
      let deadline = timer.update(progress(.head, 1, UInt64(time)), now: UInt64(time) * Self.second)
      #expect(deadline == 70 * Self.second)
    }
    #expect(!timer.isIdle)
  }

  @Test func bodiesAndAnswersAreProlongedByTheirBytesAndNothingElse() {
    for activity in [VisitorActivity.body, .answer] {
      var timer = VisitorTimer(VisitorTimer.Limits(), now: 0)
      #expect(timer.update(progress(activity, 1, 5), now: Self.second) == 61 * Self.second)
      #expect(timer.update(progress(activity, 1, 5), now: 20 * Self.second) == 61 * Self.second)
      #expect(timer.update(progress(activity, 1, 6), now: 30 * Self.second) == 90 * Self.second)
    }
  }

  @Test func whoIsIdleHasHisTimeFromTheLastAnswerOn() {
    var timer = VisitorTimer(VisitorTimer.Limits(), now: 0)
    _ = timer.update(progress(.answer, 1, 5), now: Self.second)
    #expect(timer.update(progress(.idle, 1, 9), now: 2 * Self.second) == 77 * Self.second)
    #expect(timer.isIdle)
    #expect(timer.update(progress(.idle, 1, 10), now: 40 * Self.second) == 77 * Self.second)
    // A whole request between two looks.
    #expect(timer.update(progress(.idle, 2, 20), now: 50 * Self.second) == 125 * Self.second)
  }

  private func network(_ number: Int) -> NetworkPrefix {
    NetworkPrefix(address: [10, UInt8(number >> 8), UInt8(number & 255), 1])
  }

  @Test func oneNetworkCannotKeepOthersOutAndNeverHasMoreThanItsShare() {
    var table = VisitorTable(limit: 16, limitOfNetwork: 4)
    for slot in 0..<4 { #expect(table.admit(UInt32(slot), from: network(1)) == nil) }
    #expect(table.admit(4, from: network(1)) == 0)
    table.mark(3, isIdle: true)
    #expect(table.admit(5, from: network(1)) == 3)
    #expect(table.count == 4)
    #expect(table.admit(6, from: network(2)) == nil)
    table.leave(6)
    table.leave(6)
    #expect(table.count == 4)
  }

  @Test func whoComesFromElsewhereStaysWhileTheLargestNetworkPays() {
    var table = VisitorTable(limit: 16, limitOfNetwork: 8)
    var slot: UInt32 = 0
    for index in 0..<16 {
      #expect(table.admit(slot, from: network(index % 2)) == nil)
      slot += 1
    }
    let honest: UInt32 = 100_000
    #expect(table.admit(honest, from: network(9)) != nil)
    for index in 0..<1000 {
      #expect(table.admit(slot, from: network(index % 2)) != honest)
      slot += 1
      #expect(table.count == 16)
    }
  }

  @Test func theTableKeepsItsLimitsWhateverHappens() {
    var random = SeededGenerator(5)
    var table = VisitorTable(limit: 20, limitOfNetwork: 6)
    var present: [UInt32: Int] = [:]
    for _ in 0..<5000 {
      let slot = UInt32(random.next() % 64)
      switch random.next() % 4 {
      case 0:
        table.leave(slot)
        present[slot] = nil
      case 1: table.mark(slot, isIdle: random.next() % 2 == 0)
      default:
        guard present[slot] == nil else { continue }
        let place = Int(random.next() % 9)
        if let gone = table.admit(slot, from: network(place)) { #expect(present.removeValue(forKey: gone) != nil) }
        present[slot] = place
      }
      #expect(table.count == present.count && present.count <= 20)
      #expect(Dictionary(grouping: present.values) { $0 }.allSatisfy { $0.value.count <= 6 })
    }
  }

  @Test func aPlainConnectionTellsHowFarItsVisitorIs() throws {
    let connection = PlainConnection(try Site(folder: nil, started: 1000), clock: { 0 })
    func give(_ text: String) { Array(text.utf8).withUnsafeBytes { connection.receive($0) } }
    func send() {
      while let bytes = connection.send() { connection.sent(bytes.count) }
    }
    #expect(connection.progress.activity == .idle)
    give("GET / HT")
    send()
    #expect(connection.progress.activity == .head)
    give("TP/1.1\r\nHost: a\r\n\r\n")
    #expect(connection.send() != nil)
    #expect(connection.progress.activity == .answer)
    send()
    #expect(connection.progress.activity == .idle)
    give("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
    send()
    #expect(connection.progress.activity == .body)
    let before = connection.progress.bytes
    give("c")
    send()
    #expect(connection.progress.bytes == before + 1)
    give("de")
    send()
    #expect(connection.progress.activity == .idle && connection.progress.requests == 2)
  }
}
