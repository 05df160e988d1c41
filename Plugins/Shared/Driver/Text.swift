// SPDX-License-Identifier: Apache-2.0

/// Static text as C wants it.
package enum Text {
  package static func pointer(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
