// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXQUIC
import HTXTestNetwork
import TestSupport
import Testing

@Suite struct RequestTests {
  @Test func aPageIsFetchedItsHeadAloneAndWhatIsNotThere() throws {
    let pair = try WebPair()
    let page = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    pair.servePage(page)
    let http = try pair.open()
    let get = try #require(http.ask(WebPair.head(), hasBody: false))
    let head = try #require(http.ask(WebPair.head("HEAD"), hasBody: false))
    let missing = try #require(http.ask(WebPair.head("GET", "/nothing"), hasBody: false))
    #expect(pair.network.run { pair.visitor.errors.count == 3 })
    #expect(pair.visitor.status(get) == "200")
    #expect(pair.visitor.bodies[get] == page)
    #expect(pair.visitor.status(head) == "200")
    #expect(pair.visitor.heads[head]?.last?.fields.first("content-length") == "50000")
    #expect(pair.visitor.bodies[head] == nil)
    #expect(pair.visitor.status(missing) == "404")
    #expect(pair.visitor.errors.values.allSatisfy { $0 == HTTP3Connection.noError })
    #expect(pair.site.heads[get]?.first?.fields == WebPair.head())
  }

  @Test func bothBodiesOfARequestStayOpenAtOnce() throws {
    let pair = try WebPair()
    pair.serveEcho()
    let http = try pair.open()
    let stream = try #require(http.ask(WebPair.head("POST"), hasBody: true))
    let body = WebEnd.Body(isWhole: false)
    pair.visitor.sending[stream] = body
    var sent: [UInt8] = []
    for round in 0..<20 {
      let piece = [UInt8](repeating: UInt8(round), count: 1 + round * 100)
      sent += piece
      body.append(piece)
      http.resume(stream)
      #expect(pair.network.run { pair.visitor.bodies[stream, default: []].count == sent.count })
    }
    #expect(pair.visitor.bodies[stream] == sent)
    #expect(pair.network.run { body.acknowledged == sent.count })
    body.isWhole = true
    http.resume(stream)
    #expect(pair.network.run { pair.site.whole.contains(stream) })
    pair.site.sending[stream]?.isWhole = true
    pair.site.connection?.resume(stream)
    #expect(pair.network.run { pair.visitor.errors[stream] == HTTP3Connection.noError })
  }

  @Test func aLaneThatNobodyReadsDoesNotHoldUpTheOthers() throws {
    var options = EndpointOptions()
    options.streamWindow = 64 << 10
    options.connectionWindow = 1 << 20
    let pair = try WebPair(options: options)
    pair.serveEcho()
    let http = try pair.open()
    let lanes = (0..<6).compactMap { http.ask(WebPair.head("POST", "/?c=\($0)"), hasBody: true) }
    #expect(lanes.count == 6)
    let blocked = try #require(lanes.first)
    pair.site.isReading = { $0 != blocked }
    let data = [UInt8](repeating: 7, count: 200_000)
    for lane in lanes {
      pair.visitor.sending[lane] = WebEnd.Body(data, isWhole: false)
      http.resume(lane)
    }
    #expect(pair.network.run { lanes.dropFirst().allSatisfy { pair.visitor.bodies[$0]?.count == data.count } })
    #expect(pair.site.bodies[blocked, default: []].count <= 64 << 10)
    pair.site.isReading = { _ in true }
    pair.site.connection?.consume(blocked, pair.site.bodies[blocked, default: []].count)
    #expect(pair.network.run { pair.visitor.bodies[blocked]?.count == data.count })
  }

  @Test(arguments: [UInt64(1), 2, 3, 4])
  func bodiesArriveWholeThroughLossAndReordering(seed: UInt64) throws {
    let pair = try WebPair(seed: seed)
    var random = SeededGenerator(seed)
    let page = random.bytes(200_000)
    pair.servePage(page)
    let http = try pair.open()
    pair.network.faults = VirtualNetwork.Faults(loss: 30, duplication: 30, reordering: 100)
    let streams = (0..<10).compactMap { _ in http.ask(WebPair.head(), hasBody: false) }
    #expect(pair.network.run(seconds: 600) { pair.visitor.errors.count == streams.count }, "seed \(seed)")
    for stream in streams { #expect(pair.visitor.bodies[stream] == page, "seed \(seed)") }
  }

  @Test func manyRequestsOneAfterAnotherAreAnswered() throws {
    let pair = try WebPair()
    pair.network.delay = 100_000
    pair.servePage([1, 2, 3])
    let http = try pair.open()
    for _ in 0..<500 {
      let stream = try #require(http.ask(WebPair.head(), hasBody: false))
      #expect(pair.network.run { pair.visitor.errors[stream] != nil })
      #expect(pair.visitor.bodies[stream] == [1, 2, 3])
    }
  }

  @Test func aBodyThatBreaksEndsItsStreamOnly() throws {
    let pair = try WebPair()
    pair.servePage([1])
    let answer = pair.site.onHead
    pair.site.onHead = { [unowned site = pair.site] connection, stream, head in
      answer(connection, stream, head)
      if head.fields.first("x-break") != nil { site.sending[stream]?.breaks = true }
    }
    let http = try pair.open()
    let bad = try #require(http.ask(WebPair.head("GET", "/", [HTTPField("x-break", "1")]), hasBody: false))
    #expect(pair.network.run { pair.visitor.errors[bad] != nil })
    #expect(pair.visitor.errors[bad] != HTTP3Connection.noError)
    let good = try #require(http.ask(WebPair.head(), hasBody: false))
    #expect(pair.network.run { pair.visitor.whole.contains(good) })
    #expect(pair.visitor.reason == nil)
  }

  @Test func aServerThatGoesAwayAnswersWhatItHasAndSaysSo() throws {
    let pair = try WebPair()
    pair.servePage([UInt8](repeating: 1, count: 10_000))
    let http = try pair.open()
    let stream = try #require(http.ask(WebPair.head(), hasBody: false))
    #expect(pair.network.run { pair.site.heads[stream] != nil })
    pair.site.connection?.goAway()
    #expect(pair.network.run { pair.visitor.isGoingAway && pair.visitor.whole.contains(stream) })
    #expect(http.ask(WebPair.head(), hasBody: false) == nil)
    http.close()
    #expect(pair.network.run { pair.site.reason != nil })
    #expect(pair.site.reason?.kind == .application(code: HTTP3Connection.noError))
  }
}
