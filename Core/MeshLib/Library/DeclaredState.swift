// SPDX-License-Identifier: Apache-2.0
import CApplication

/// What an application has declared to a daemon, for declaring it to the next.
struct DeclaredState {
  /// One flow of the application's.
  struct Flow {
    /// What the daemon has taken and not settled.
    let retained = RetainedMessages()
    let command: application_command
    /// The daemon's number for it; nil when the daemon does not know the peer.
    var number: UInt64?
    /// Cost of what was written, in all attachments.
    var sent: UInt64 = 0
    /// What the application was told to be confirmed when this attachment began.
    var base: UInt64 = 0
  }
  /// Records by protocol number.
  var protocols: [UInt32: [UInt8]] = [:]
  var flows: [Flow] = []
  /// The application's flow, by the daemon's number.
  var flowsByNumber: [Int] = []
  /// Commands by protocol number.
  var served: [UInt32: application_command] = [:]
  var subscription: application_command?
  /// Answers that the daemon owes to APP_SERVE and APP_UNSERVE: whether the application waits for them.
  var answersDue: [Bool] = []
  /// Protocols whose answer was owed when the daemon died.
  var answersLost: Set<UInt32> = []
  private var protocolsDue: [UInt32] = []
  /// The greatest number of a stream or request that an earlier daemon knew.
  var lastOfOthers: UInt64 = 0
  /// The greatest number that this one knows.
  var last: UInt64 = 0

  /// A question that is answered in its turn.
  mutating func owe(_ protocolNumber: UInt32, isAwaited: Bool) {
    answersDue.append(isAwaited)
    protocolsDue.append(protocolNumber)
  }

  /// An answer has come: whether the application waits for it.
  mutating func answered() -> Bool {
    guard !answersDue.isEmpty else { return false }
    protocolsDue.removeFirst()
    return answersDue.removeFirst()
  }

  /// The daemon is gone.
  mutating func lost() {
    answersLost = []
    for (index, isAwaited) in answersDue.enumerated() where isAwaited { answersLost.insert(protocolsDue[index]) }
    answersDue = []
    protocolsDue = []
    lastOfOthers = last
    flowsByNumber = []
  }
}
