// SPDX-License-Identifier: Apache-2.0

import MeshSession

/// Telling that all bytes of a message were handed to a link.
extension Multiplexer {
  /// The stream has sent past the end of a message whose sender wants to know. It is told from `advance`, when the
  /// packet is sealed and gone.
  func queueSentReport(_ stream: Stream) {
    stream.nextSentEnd = .max
    sentReports.append(stream.slot)
    if !sentReportsDue {
      sentReportsDue = true
      reschedule()
    }
  }

  func reportSent() {
    sentReportsDue = false
    var left = sentReports.count
    while left > 0, let slot = sentReports.popFirst() {
      left -= 1
      reportSent(streams[Int(slot)])
    }
  }

  private func reportSent(_ stream: Stream) {
    let generation = stream.generation
    // The handler may send, reset or close while it is told: places are looked up anew each time.
    var passed = 0
    while stream.isOpen, stream.generation == generation, stream.firstToken + passed < stream.tokens.count {
      let index = stream.firstToken + passed
      guard stream.tokens[index].end <= stream.sent else { break }
      passed += 1
      tellSent(stream, index)
    }
    if stream.isOpen, stream.generation == generation { findNextSent(stream) }
  }

  func tellSent(_ stream: Stream, _ index: Int) {
    let token = stream.tokens[index]
    guard token.reportsSent else { return }
    stream.tokens[index].reportsSent = false
    if !token.expired { stream.handler?.sent(token: token.number, on: stream.reference, of: self) }
  }

  /// Looks for the next message whose sender wants to know.
  func findNextSent(_ stream: Stream) {
    stream.nextSentEnd = .max
    guard let next = stream.tokens[stream.firstToken...].first(where: { $0.reportsSent }) else { return }
    if next.end <= stream.sent { queueSentReport(stream) } else { stream.nextSentEnd = next.end }
  }
}
