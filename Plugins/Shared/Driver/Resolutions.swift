// SPDX-License-Identifier: Apache-2.0

/// Names that are being resolved, by a number that the host hands back.
package struct Resolutions {
  private var entries: [UInt32: (argument: UnsafeMutableRawPointer, link: UInt64)] = [:]
  private var next: UInt32 = 0

  package init() {}

  package var isEmpty: Bool { entries.isEmpty }

  package mutating func add(_ argument: UnsafeMutableRawPointer, link: UInt64) -> UInt32 {
    next &+= 1
    entries[next] = (argument, link)
    return next
  }

  package mutating func take(_ number: UInt32) -> (argument: UnsafeMutableRawPointer, link: UInt64)? {
    entries.removeValue(forKey: number)
  }
}
