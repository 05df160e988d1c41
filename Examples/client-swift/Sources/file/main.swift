// SPDX-License-Identifier: Apache-2.0
// A file over a stream; the receiver answers with its hash. Usage: file HOME serve FOLDER | file HOME PEER FILE
import Glibc
import Mesh
import Shared

let name = "/example/file/1"

/// A file of the C library that is closed at the end.
final class File {
  private let file: UnsafeMutablePointer<FILE>
  /// Of what was read or written.
  private(set) var hash = Hash()

  init(_ path: String, _ mode: String) throws {
    guard let file = fopen(path, mode) else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
    self.file = file
  }

  deinit { fclose(file) }

  /// The next piece, empty at the end.
  func read() -> [UInt8] {
    let piece = [UInt8](unsafeUninitializedCapacity: 65_536) { $1 = fread($0.baseAddress, 1, $0.count, file) }
    hash.add(piece.span.bytes)
    return piece
  }

  func write(_ bytes: RawSpan) throws {
    let written = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    guard written == bytes.byteCount else { throw Failure("the file cannot be written") }
    hash.add(bytes)
  }
}

func sendFile(_ node: borrowing Node, _ peer: String, _ path: String) throws {
  let file = try File(path, "rb")
  var options = SendOptions()
  options.trafficClass = .bulk
  options.metadata = Array((path.split(separator: "/").last ?? "").utf8)
  let stream = try node.openStream(try node.findPeer(peer), name, options)
  var answer = ""
  var ended = false

  func waitForEvents() throws {
    try node.waitEvents { event in
      switch event {
      case .data(stream, let piece): answer += piece.text
      case .streamEnd(stream, _, let error, _):
        if let error { throw error }
        ended = true
      default: break
      }
    }
  }

  while case let piece = file.read(), !piece.isEmpty {
    var offset = 0
    while offset < piece.count {
      let written = try node.write(stream, piece.span.bytes.extracting(offset..<piece.count))
      if written == 0 { try waitForEvents() }
      offset += written
    }
  }
  try node.finish(stream)
  while !ended { try waitForEvents() }
  say("sent \(path): here \(file.hash.text), there \(answer)")
  guard answer == file.hash.text else { throw Failure("the hashes differ") }
}

func receiveFiles(_ node: borrowing Node, _ folder: String) throws {
  var incoming: [StreamID: File] = [:]
  while true {
    try node.waitEvents { event in
      switch event {
      case .stream(let stream, let opened):
        if let file = create(folder, opened.meta) { incoming[stream] = file } else { try node.reset(stream, code: 1) }
      case .data(let stream, let piece): try incoming[stream]?.write(piece.bytes)
      case .streamEnd(let stream, _, let error, _):
        guard let file = incoming.removeValue(forKey: stream), error == nil else { return }
        _ = try node.write(stream, Array(file.hash.text.utf8).span.bytes)
        try node.finish(stream)
      default: break
      }
    }
  }
}

/// A peer's word must not lead out of the folder.
func create(_ folder: String, _ name: [UInt8]) -> File? {
  guard (1...200).contains(name.count), name[0] != UInt8(ascii: "."), !name.contains(0),
    !name.contains(UInt8(ascii: "/"))
  else { return nil }
  return try? File("\(folder)/\(String(decoding: name, as: UTF8.self))", "wbx")
}

run(atLeast: 3, usage: "file HOME serve FOLDER | file HOME PEER FILE") { words in
  let node = try openHome(words[0], application: "file")
  if words[1] == "serve" {
    try node.serve(name, ServeOptions(.streams))
    say("serving \(name)")
    try receiveFiles(node, words[2])
  }
  try sendFile(node, words[1], words[2])
  try node.close()
}
