// SPDX-License-Identifier: Apache-2.0

/// Progress of something measured in bytes: percent, speed, time left.
///
/// It holds no clock: the caller passes the time (monotonic nanoseconds) with each update. On a terminal it redraws
/// one line at most ten times a second; otherwise it writes a line every ten seconds and one at the end.
public struct ProgressBar {
  private let label: String
  private let total: UInt64?
  private let console: Console
  private let isQuiet: Bool
  private var started: UInt64?
  private var lastDrawn: UInt64?
  private var lastSample: (time: UInt64, bytes: UInt64) = (0, 0)
  private var firstBytes: UInt64 = 0
  /// Bytes per second, smoothed over about three seconds.
  public private(set) var speed: Double = 0

  /// A bar for `total` bytes, or for an unknown number. A quiet bar writes nothing.
  public init(_ label: String, total: UInt64?, console: Console, isQuiet: Bool = false) {
    self.label = TextTable.printable(label)
    self.total = total
    self.console = console
    self.isQuiet = isQuiet
  }

  /// Says how many bytes are done at time `now`. The first call sets the start, also when something is resumed.
  public mutating func update(_ bytes: UInt64, now: UInt64) {
    guard started != nil else {
      started = now
      firstBytes = bytes
      lastSample = (now, bytes)
      draw(bytes, now)
      return
    }
    let elapsed = Double(now &- lastSample.time) / 1e9
    if elapsed >= 0.1 {
      let current = bytes >= lastSample.bytes ? Double(bytes - lastSample.bytes) / elapsed : 0
      let weight = speed == 0 ? 1 : min(1, elapsed / 3)
      speed += (current - speed) * weight
      lastSample = (now, bytes)
    }
    let interval: UInt64 = console.isErrorTerminal ? 100_000_000 : 10_000_000_000
    if now &- (lastDrawn ?? 0) >= interval { draw(bytes, now) }
  }

  /// Writes the last state, with the mean speed, and ends the line.
  public mutating func finish(_ bytes: UInt64, now: UInt64) {
    let elapsed = Double(now &- (started ?? now)) / 1e9
    if elapsed > 0 { speed = Double(bytes &- firstBytes) / elapsed }
    draw(bytes, now)
    if !isQuiet, console.isErrorTerminal { console.writeError("\n") }
  }

  private mutating func draw(_ bytes: UInt64, _ now: UInt64) {
    lastDrawn = now
    if isQuiet { return }
    let text = line(bytes, width: console.width - 1)
    console.writeError(console.isErrorTerminal ? "\r\(text)\u{1B}[K" : "\(text)\n")
  }

  /// The line for this state, at most `width` columns.
  public func line(_ bytes: UInt64, width: Int) -> String {
    var right = ByteFormat.text(bytes)
    if let total {
      right = "\(percent(bytes, of: total)) %  \(right) of \(ByteFormat.text(total))"
    }
    if speed > 0 { right += "  \(ByteFormat.text(UInt64(min(speed, 1e18))))/s" }
    if let total, speed > 0, bytes < total {
      right += "  \(DurationFormat.clock(seconds: UInt64(min(Double(total - bytes) / speed, 359_999)))) left"
    }
    let room = width - right.count - 2
    let name = label.count > max(room, 8) ? label.prefix(max(room, 8) - 1) + "…" : Substring(label)
    let free = room - name.count - 3
    guard let total, free >= 10 else { return String("\(name)  \(right)".prefix(width)) }
    let cells = min(free, 40)
    let filled = total == 0 ? cells : Int(Double(min(bytes, total)) / Double(total) * Double(cells))
    let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: cells - filled)
    return "\(name) [\(bar)] \(right)"
  }

  /// Whole percent, 100 only when everything is done.
  private func percent(_ bytes: UInt64, of total: UInt64) -> Int {
    total == 0 || bytes >= total ? 100 : min(99, Int(Double(bytes) / Double(total) * 100))
  }
}
