// SPDX-License-Identifier: Apache-2.0
import BundleRouting

/// Times of a plan, `2030-01-31T06:00:00Z`.
public enum PlanTime {
  /// Milliseconds of the bundle epoch; nil for what is no time, or none from 2000 on.
  public static func milliseconds(_ text: String) -> UInt64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 20, bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[10] == 0x54 || bytes[10] == 0x20,
      bytes[13] == 0x3a, bytes[16] == 0x3a, bytes[19] == 0x5a
    else { return nil }
    var parts: [Int] = []
    for (start, end) in [(0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19)] {
      guard bytes[start..<end].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      parts.append(bytes[start..<end].reduce(0) { $0 * 10 + Int($1 - 0x30) })
    }
    return CalendarTime.milliseconds(parts)
  }

  /// The text of a time, to the second.
  public static func text(_ milliseconds: UInt64) -> String {
    let parts = CalendarTime.parts(milliseconds)
    func two(_ index: Int) -> String { parts[index] < 10 ? "0\(parts[index])" : "\(parts[index])" }
    return "\(parts[0])-\(two(1))-\(two(2))T\(two(3)):\(two(4)):\(two(5))Z"
  }
}
