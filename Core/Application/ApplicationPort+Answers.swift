// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshSession

/// Requests of peers that the application answers.
extension ApplicationPort {
  private static let requestMark: UInt64 = 1 << 62 | 1 << 60
  /// Bytes of requests that may wait for the sink; more are told that this node is busy.
  private static let waitingBytes = 4 << 20

  func requested(_ request: IncomingRequest, by served: ServedProtocol) {
    guard served.heldCount < served.window, answeredBytes < Self.waitingBytes else {
      return node.core.refuse(request.reference, code: StreamCode.busy, now: node.loop.now)
    }
    lastRequest += 1
    let peer = number(of: request.peer)
    let answered = AnsweredRequest(
      id: Self.requestMark | lastRequest, token: served.token, peer: peer, reference: request.reference,
      served: served)
    var header = application_event(MESH_ON_REQUEST, id: answered.id, token: served.token, peer: peer)
    header.value = request.remaining.map { max($0 / 1_000_000, 1) } ?? 0
    header.flags = request.isRepeated ? UInt16(MESH_EVENT_REPEATED) : 0
    answers[answered.id] = answered
    answerOf[request.reference] = answered.id
    served.heldCount += 1
    let isTaken = request.metadata.withUnsafeBytes { offer(header, meta: $0, data: request.body) }
    if !isTaken {
      answered.event = PortEvent(header: header, meta: request.metadata, data: Array(request.body))
      answeredBytes += request.body.count
      answersToOffer.append(answered)
    }
  }

  /// The sink has room: hands on requests that had to wait.
  func resumeAnswers() {
    var index = 0
    while index < answersToOffer.count {
      let answered = answersToOffer[index]
      guard let event = answered.event else {
        index += 1
        continue
      }
      let isTaken = event.meta.withUnsafeBytes { meta in
        event.data.withUnsafeBytes { offer(event.header, meta: meta, data: $0) }
      }
      guard isTaken else { break }
      forgetEvent(of: answered)
      index += 1
    }
    answersToOffer.removeFirst(index)
  }

  private func forgetEvent(of answered: AnsweredRequest) {
    answeredBytes -= answered.event?.data.count ?? 0
    answered.event = nil
  }

  // MARK: what the application says

  func reply(_ command: ApplicationCommand) throws(ApplicationFault) {
    // The end of a request may have crossed the reply.
    guard let answered = answers[command.header.id], !answered.isOver else { return }
    guard !answered.isFinishing else { throw ApplicationFault("a reply behind the last one") }
    let cost = command.cost
    guard answered.accepted == answered.told || answered.accepted - answered.told + cost <= UInt64(APP_WINDOW) else {
      throw ApplicationFault("more than the credit of request \(answered.id)")
    }
    answered.accepted += cost
    answered.isFinishing = !command.has(APP_FLAG_MORE)
    if answered.pending.isEmpty, pass(command.data, of: answered) { return finishIfDone(answered) }
    if !answered.isOver { answered.pending.append(Array(command.data)) }
  }

  /// Whether the node has taken a reply, or there is no use in offering it again.
  private func pass(_ body: UnsafeRawBufferPointer, of answered: AnsweredRequest) -> Bool {
    do throws(SendRefusal) {
      try node.core.reply(body, to: answered.reference, now: node.loop.now)
    } catch .again {
      return false
    } catch .tooLarge {
      node.core.refuse(
        answered.reference, code: StreamCode.failed, text: "a reply is larger than the asker takes",
        now: node.loop.now)
      end(answered)
    } catch {
      end(answered)
    }
    answered.taken += UInt64(ApplicationCommand.headerSize + body.count)
    if !answered.isToTell, !answered.isOver {
      answered.isToTell = true
      answersToTell.append(answered)
      wantCreditTold()
    }
    return true
  }

  private func finishIfDone(_ answered: AnsweredRequest) {
    guard answered.isFinishing, answered.pending.isEmpty, !answered.isOver else { return }
    node.core.finish(answered.reference, now: node.loop.now)
    end(answered)
  }

  func replyRoom(_ reference: ServedRequestReference) {
    guard let answered = answerOf[reference].flatMap({ answers[$0] }) else { return }
    while let body = answered.pending.first {
      guard body.withUnsafeBytes({ pass($0, of: answered) }) else { return }
      answered.pending.popFirst()
    }
    finishIfDone(answered)
  }

  func refuse(_ command: ApplicationCommand) {
    guard let answered = answers[command.header.id], !answered.isOver else { return }
    node.core.refuse(
      answered.reference, code: StreamFate.wire(command.header.value),
      text: String(decoding: command.data.prefix(512), as: UTF8.self), now: node.loop.now)
    end(answered)
  }

  /// The application is done with the body of a request; false when the number is none of a request.
  func releaseRequest(_ number: UInt64) -> Bool {
    guard let answered = answers[number] else { return false }
    if answered.isBodyHeld {
      answered.isBodyHeld = false
      node.core.releaseBody(of: answered.reference, now: node.loop.now)
      forgetIfDone(answered)
    }
    return true
  }

  // MARK: the end

  /// The asker has given up, or its deadline has passed.
  func requestGone(_ reference: ServedRequestReference) {
    guard let answered = answerOf[reference].flatMap({ answers[$0] }), !answered.isOver else { return }
    let wasTold = answered.event == nil
    end(answered)
    if wasTold {
      tell(application_event(MESH_ON_REQUEST_GONE, id: answered.id, token: answered.token, peer: answered.peer))
    }
  }

  private func end(_ answered: AnsweredRequest) {
    answered.isOver = true
    answered.pending.removeAll()
    answered.served.heldCount -= 1
    if answered.event != nil {
      forgetEvent(of: answered)
      answered.isBodyHeld = false
      node.core.releaseBody(of: answered.reference, now: node.loop.now)
    }
    forgetIfDone(answered)
  }

  private func forgetIfDone(_ answered: AnsweredRequest) {
    guard answered.isOver, !answered.isBodyHeld else { return }
    answers[answered.id] = nil
    answerOf[answered.reference] = nil
  }

  func closeRequests() {
    let (requests, replies) = requests.takeAll()
    asker.port = nil
    requestsToMake = [:]
    for request in requests { node.core.cancel(request, now: node.loop.now) }
    for reply in replies { node.core.release(reply.credit, of: reply.reference, now: node.loop.now) }
    for answered in answers.values {
      if !answered.isOver {
        node.core.refuse(
          answered.reference, code: StreamCode.failed, text: "the application has ended", now: node.loop.now)
      }
      if answered.isBodyHeld { node.core.releaseBody(of: answered.reference, now: node.loop.now) }
      answered.served.answeringPort = nil
    }
    answers = [:]
    answerOf = [:]
    answersToOffer = []
    answersToTell = []
  }
}
