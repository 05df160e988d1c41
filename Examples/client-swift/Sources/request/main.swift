// SPDX-License-Identifier: Apache-2.0
// Questions and answers, a deadline, a refusal. Usage: request HOME serve | request HOME PEER
import Mesh
import Shared

let name = "/example/sums/1"
let notUnderstood: UInt64 = 400

/// "add A B" is answered, "sleep" never, all else refused.
func answer(_ node: borrowing Node) throws {
  while true {
    try node.waitEvents { event in
      switch event {
      case .request(let request, let question):
        if question.text == "sleep" { return }
        let words = question.text.split(separator: " ")
        do {
          if words.count == 3, words[0] == "add", let a = Int(words[1]), let b = Int(words[2]) {
            try node.reply(request, Array(String(a &+ b).utf8))
          } else {
            try node.refuse(request, code: notUnderstood, "only 'add A B' is understood")
          }
        } catch let error as MeshError where error.code == .stale {
          // The asker may have gone meanwhile.
        }
      case .requestGone: say("an asker has gone")
      default: break
      }
    }
  }
}

/// Asks and waits for the end of the request; prints replies. Answers the code it ended with, nil = answered.
func ask(_ node: borrowing Node, _ peer: Peer, _ question: String, deadline: UInt64) throws -> ErrorCode? {
  var options = SendOptions()
  options.lifetime = deadline
  let request = try node.request(peer, name, Array(question.utf8), options)
  var ended = false
  var code: ErrorCode?
  while !ended {
    try node.waitEvents { event in
      switch event {
      case .reply(request, let reply): say("\(question): \(reply.text)")
      case .requestEnd(request, _, let error, let number):
        ended = true
        code = error?.code
        if let error, error.code == .refused {
          say("\(question): refused with \(number): \(error.sentence)")
        } else if let error {
          say("\(question): \(error.code)")
        }
      default: break
      }
    }
  }
  return code
}

run(atLeast: 2, usage: "request HOME serve | request HOME PEER") { words in
  let node = try openHome(words[0], application: "request")
  if words[1] == "serve" {
    try node.serve(name, ServeOptions(.requests))
    say("serving \(name)")
    try answer(node)
  }
  let peer = try node.findPeer(words[1])
  let ends = [
    try ask(node, peer, "add 20 22", deadline: 10_000), try ask(node, peer, "sleep", deadline: 300),
    try ask(node, peer, "dance", deadline: 10_000),
  ]
  guard ends == [nil, .timeout, .refused] else { throw Failure("unexpected ends: \(ends)") }
  try node.close()
}
