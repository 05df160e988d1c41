// SPDX-License-Identifier: Apache-2.0
// A path dies while messages are under way; the events tell, and no message is lost.
// Usage: failover HOME serve | failover HOME PEER COUNT
import Mesh
import Shared

let name = "/example/count/1"

/// Expects the numbers from 0 in order; a body of "end" ends a count.
func countMessages(_ node: borrowing Node) throws {
  var next = 0
  var wrong = 0
  while true {
    try node.waitEvents { event in
      guard case .message(_, let message) = event else { return }
      if message.text == "end" {
        say("\(next) messages in order, \(wrong) out of order")
        (next, wrong) = (0, 0)
      } else if Int(message.text) == next {
        next += 1
      } else {
        wrong += 1
      }
    }
  }
}

/// Takes what waits; answers how many messages were delivered.
func watch(_ node: borrowing Node, timeout: Int32?) throws -> Int {
  var delivered = 0
  try node.waitEvents(timeout: timeout) { event in
    switch event {
    case .settled(_, _, let error):
      if let error { throw error }
      delivered += 1
    case .link(_, let state, let transport, let sentence):
      let happened =
        switch state {
        case .confirmed: "works"
        case .suspect: "is silent"
        case .recovered: "works again"
        case .closed: "was closed"
        case .failed: "has died"
        case nil: "has changed"
        }
      say("\(transport) \(happened): \(sentence)")
    default: break
    }
  }
  return delivered
}

func sendMessages(_ node: borrowing Node, _ peer: String, _ count: Int) throws {
  let peer = try node.findPeer(peer)
  var sent = 0
  var delivered = 0
  while delivered <= count {
    // A message a millisecond; when there is no room, or all was sent: wait for what comes.
    var timeout: Int32?
    if sent <= count {
      do {
        try node.send(to: peer, name, Array((sent < count ? "\(sent)" : "end").utf8), SendOptions(.tellSettled))
        sent += 1
        timeout = 1
      } catch {
        guard error.code == .again else { throw error }
      }
    }
    delivered += try watch(node, timeout: timeout)
  }
  say("\(count) sent, \(delivered - 1) delivered")
}

run(atLeast: 2, usage: "failover HOME serve | failover HOME PEER COUNT") { words in
  let node = try openHome(words[0], application: "failover")
  if words[1] == "serve" {
    try node.serve(name, ServeOptions(.messages))
    say("serving \(name)")
    try countMessages(node)
  }
  try sendMessages(node, words[1], words.count > 2 ? Int(words[2]) ?? 2000 : 2000)
  try node.close()
}
