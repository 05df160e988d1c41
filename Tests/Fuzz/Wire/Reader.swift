// SPDX-License-Identifier: Apache-2.0
// Modules: MeshWire=Core/Wire
import MeshWire

/// The first half of the input says which reads are made of the second: none passes the end, none moves on failure.
@c(LLVMFuzzerTestOneInput)
public func fuzzReader(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: data, count: count)
  let steps = input[..<(count / 2)]
  var reader = ByteReader(UnsafeRawBufferPointer(rebasing: input[(count / 2)...]))
  for step in steps {
    let before = (position: reader.position, remaining: reader.remaining)
    let succeeded = read(step, &reader)
    precondition(reader.position + reader.remaining == before.position + before.remaining)
    precondition(reader.position >= before.position && reader.remaining >= 0)
    precondition(succeeded || reader.position == before.position)
  }
  return 0
}

private func read(_ step: UInt8, _ reader: inout ByteReader) -> Bool {
  do {
    switch step % 8 {
    case 0: _ = try reader.u8()
    case 1: _ = try reader.u16()
    case 2: _ = try reader.u32()
    case 3: _ = try reader.u64()
    case 4: _ = try reader.varint()
    case 5:
      let start = reader.position
      let value = try reader.shortestVarint()
      precondition(Varint.length(value) == reader.position - start)
    case 6: for byte in try reader.bytes(Int(step) - 8) { precondition(byte <= 255) }
    default:
      let bytes = try reader.lengthPrefixed(limit: Int(step))
      precondition(bytes.count <= Int(step))
    }
    return true
  } catch {
    return false
  }
}
