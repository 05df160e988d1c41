// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto HTXTickets=Plugins/HTX/Tickets
import HTXTickets
import MeshCrypto

private nonisolated(unsafe) var gate = TicketGate(
  keys: [TicketKey(secret: TicketKey.makeSecret(from: .seeded(1)))!], random: .seeded(2))

/// Requests with tickets, policy lines and keys: nothing is taken that would not be written so.
@c(LLVMFuzzerTestOneInput)
public func fuzzTickets(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
  let found = TicketCandidates.find(target: text, cookies: [text], form: text)
  precondition(found.count <= TicketCandidates.limit)
  if let outcome = gate.judge(found + [text], from: NetworkPrefix(address: []), unixSeconds: 0, now: 0) {
    if case .success = outcome { preconditionFailure("nobody can guess a ticket") }
  }
  if let ticket = TicketPayload(text: text) { precondition(ticket.text == text) }
  if let policy = TicketPolicy(text) { precondition(TicketPolicy(policy.line) == policy) }
  if let key = TicketPublicKey(text) { precondition(key.text == text) }
  return 0
}
