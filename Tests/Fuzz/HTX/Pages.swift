// SPDX-License-Identifier: Apache-2.0
// Sources: Plugins/HTX/TCP/PageLinks.swift

/// Pages of strange sites: what is followed can stand in a request to the same site, and is not much.
@c(LLVMFuzzerTestOneInput)
public func fuzzPages(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let found = PageLinks.find(Array(UnsafeBufferPointer(start: data, count: size)), at: "/a/b", limit: 16)
  precondition(found.count <= 16 && Set(found).count == found.count)
  for target in found {
    precondition(target.hasPrefix("/") && !target.hasPrefix("//") && target.utf8.count <= 600)
    precondition(target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x23 })
  }
  return 0
}
