// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore

/// The service that sends every bundle back to its source, for people who look whether a way works.
///
/// It answers no administrative record, no fragment, nobody without a name, and nothing that comes from a service of its
/// own name, here or elsewhere, so that two of them never play with a bundle. An answer lives no longer than what it
/// answers, is as large, and is among the first to make room.
extension BundleAgent {
  /// Answers in a turn.
  private static let echoes = 32

  /// Answers what waits; true when more does.
  func answerEchoes() -> Bool {
    guard let service = settings.echo else { return false }
    let waiting = waiting(for: service, limit: Self.echoes).filter { unstored[$0] == nil }
    for sequence in waiting.prefix(Self.echoes) {
      guard let bundle = bundle(sequence) else { continue }
      let record = record(sequence)
      remove(sequence, isRead: true)
      report(.reportDelivery, of: bundle)
      if Self.isAnswered(bundle) { echo(bundle, deadline: record?.deadline ?? 0, neighbour: record?.neighbour) }
    }
    return waiting.count >= Self.echoes
  }

  static func isAnswered(_ bundle: Bundle) -> Bool {
    let primary = bundle.primary
    guard !primary.flags.contains(.administrative), !primary.flags.contains(.fragment), !primary.source.isNull,
      primary.source.node != nil
    else { return false }
    return serviceName(primary.source) != serviceName(primary.destination)
  }

  private static func serviceName(_ endpoint: EndpointID) -> String? {
    switch endpoint {
    case .dtn(let part): part.dropFirst(2).firstIndex(of: "/").map { String(part[part.index(after: $0)...]) }
    case .ipn(_, _, let service, _): "\(service)"
    case .none, .other: nil
    }
  }

  private func echo(_ request: Bundle, deadline: UInt64, neighbour: EndpointID?) {
    let now = host.bundleTime
    guard deadline > now else { return }
    var answer = Bundle(
      primary: PrimaryBlock(
        destination: request.primary.source, source: request.primary.destination,
        timestamp: CreationTimestamp(time: now, sequence: nextNumber(now)), lifetime: deadline - now),
      payload: request.payload)
    answer.hopCount = HopCount(limit: settings.hopLimit, count: 0)
    if now == 0 { answer.age = 0 }
    guard protect(&answer) else { return }
    var record = BundleRecord(
      id: answer.id, destination: answer.primary.destination, deadline: deadline, priority: .bulk)
    // Who asks pays for the room of the answer.
    record.neighbour = neighbour
    if case .admitted(_, let evicted) = store.admit(answer.encoded, record, now: now) {
      figures.echoed += 1
      evict(evicted)
    }
  }
}
