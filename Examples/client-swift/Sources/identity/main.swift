// SPDX-License-Identifier: Apache-2.0
// A key of your own, and signatures of a node. Usage: identity HOME KEYFILE
import Mesh
import Shared

/// The code that something failed with, nil when it worked.
func failure(_ body: () throws(MeshError) -> Void) -> ErrorCode? {
  do {
    try body()
    return nil
  } catch {
    return error.code
  }
}

run(atLeast: 2, usage: "identity HOME KEYFILE") { words in
  let made = try NodeID.generate(path: words[1])
  let loaded = try NodeID.load(path: words[1])
  say("a new key: \(made), \(made == loaded ? "loaded again" : "DIFFERENT")")
  let again = failure { () throws(MeshError) in _ = try NodeID.generate(path: words[1]) }
  guard again == .exists else { throw Failure("a key file was overwritten") }

  let node = try openHome(words[0], application: "identity")
  let id = try node.id
  let text = Array("I was here.".utf8)
  let signature = try node.sign(text)
  try id.verify(text, signature: signature)
  say("\(id) signed \"I was here.\"")
  let forged = failure { () throws(MeshError) in try id.verify(Array("I was there.".utf8), signature: signature) }
  guard let forged, forged == .auth else { throw Failure("a forged text was accepted") }
  say("a forged text is refused: \(forged)")
  try node.close()
}
