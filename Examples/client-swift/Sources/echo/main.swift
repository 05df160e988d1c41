// SPDX-License-Identifier: Apache-2.0
// Messages there and back. Usage: echo HOME serve | echo HOME PEER TEXT…
import Mesh
import Shared

let name = "/example/echo/1"

/// Sends every message back to where it came from.
func answer(_ node: borrowing Node) throws {
  while true {
    try node.waitEvents { event in
      if case .message(_, let message) = event { try node.send(to: message.peer, name, message.bytes) }
    }
  }
}

/// Sends each text and waits for all of them to come back.
func ask(_ node: borrowing Node, _ peer: String, _ texts: ArraySlice<String>) throws {
  let peer = try node.findPeer(peer)
  for text in texts { try node.send(to: peer, name, Array(text.utf8)) }
  var back = 0
  while back < texts.count {
    let count = try node.waitEvents(timeout: 10_000) { event in
      switch event {
      case .message(_, let message):
        say("echo: \(message.text)")
        back += 1
      // It comes unasked when a message was not delivered.
      case .settled(_, _, let error?): throw error
      default: break
      }
    }
    if count == 0 { throw Failure("no echo within ten seconds") }
  }
}

run(atLeast: 2, usage: "echo HOME serve | echo HOME PEER TEXT...") { words in
  let node = try openHome(words[0], application: "echo")
  try node.serve(name, ServeOptions(.messages))
  say("serving \(name)")
  if words[1] == "serve" { try answer(node) }
  try ask(node, words[1], words[2...])
  try node.close()
}
