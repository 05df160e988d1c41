// SPDX-License-Identifier: Apache-2.0
// Sources: Plugins/HTX/Driver/LaneReader.swift

/// Bodies of lanes: in one piece and byte by byte they hold the same packets, padding is passed over, and nothing is read
/// outside.
@c(LLVMFuzzerTestOneInput)
public func fuzzLanes(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let body = UnsafeRawBufferPointer(start: data, count: size)
  let whole = lengths(body, piece: max(1, size))
  precondition(whole.allSatisfy { (1...65_535).contains($0) })
  precondition(whole == lengths(body, piece: 1) && whole == lengths(body, piece: 7))
  precondition(whole.reduce(0) { $0 + $1 + 2 } <= size + 65_535)
  return 0
}

/// Lengths of the packets that begin in a body which comes in pieces.
private func lengths(_ body: UnsafeRawBufferPointer, piece: Int) -> [Int] {
  var reader = LaneReader()
  var found: [Int] = []
  var missing = 0
  for start in stride(from: 0, to: body.count, by: piece) {
    let bytes = UnsafeRawBufferPointer(rebasing: body[start..<min(body.count, start + piece)])
    var at = 0
    while at < bytes.count {
      if missing > 0 {
        let part = min(missing, bytes.count - at)
        missing -= part
        at += part
        continue
      }
      guard let length = reader.length(bytes, &at) else { break }
      precondition(at < bytes.count)
      reader.accept(&at)
      found.append(length)
      missing = length
    }
    precondition(at == bytes.count)
  }
  return found
}
