// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Finds out how often bytes stand in this process's memory. Those to be found, and what is read of the memory, are in a
/// place of their own that is left out. Counting allocates nothing: what was freed stays as it is.
public final class SecretCopies {
  private static let most = 256
  private static let maps = 1 << 20
  private static let step = 1 << 20
  private static let size = most + maps + 2 * step
  private let place: UnsafeMutableRawPointer
  private let length: Int

  /// `length` bytes, 256 at most, that are looked for, once they are written.
  public init(of length: Int) {
    precondition((1...Self.most).contains(length))
    place = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(place != MAP_FAILED)
    self.length = length
  }

  deinit { munmap(place, Self.size) }

  /// The bytes.
  public var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: place, count: length) }

  /// How many copies there are, of all threads.
  public func count() -> Int {
    let (list, memory) = (open("/proc/self/maps", O_RDONLY | O_CLOEXEC), open("/proc/self/mem", O_RDONLY | O_CLOEXEC))
    precondition(list >= 0 && memory >= 0)
    defer {
      close(list)
      close(memory)
    }
    let text = UnsafeMutableRawBufferPointer(start: place + Self.most, count: Self.maps)
    var used = 0
    while case let more = read(list, text.baseAddress! + used, text.count - used), more > 0 { used += more }
    precondition(used < text.count)
    let own = Int(bitPattern: place)..<Int(bitPattern: place) + Self.size
    var (found, at) = (0, 0)
    while at < used {
      // "start-end rw-p …", a line each.
      let start = Self.number(text, &at)
      let end = Self.number(text, &at)
      // What a sanitizer keeps of all memory is larger than anything else.
      if text[at] == UInt8(ascii: "r"), text[at + 1] == UInt8(ascii: "w"), end - start < 1 << 32 {
        found += count(memory, start, min(end, max(start, own.lowerBound)))
        found += count(memory, max(start, min(end, own.upperBound)), end)
      }
      while text[at] != UInt8(ascii: "\n") { at += 1 }
      at += 1
    }
    return found
  }

  private func count(_ memory: Int32, _ start: Int, _ end: Int) -> Int {
    let window = place + Self.most + Self.maps
    let first = Int32(bytes[0])
    var (at, found) = (start, 0)
    while at < end {
      let count = pread(memory, window, min(Self.step + length - 1, end - at), off_t(at))
      var start = 0
      while count - start >= length, let next = memchr(window + start, first, count - start - length + 1) {
        if memcmp(next, place, length) == 0 { found += 1 }
        start = window.distance(to: next) + 1
      }
      at += Self.step
    }
    return found
  }

  /// Hexadecimal digits, and the character behind them.
  private static func number(_ text: UnsafeMutableRawBufferPointer, _ at: inout Int) -> Int {
    var value = 0
    while true {
      let character = Int(text[at])
      at += 1
      switch character {
      case 0x30...0x39: value = value << 4 + (character - 0x30)
      case 0x61...0x66: value = value << 4 + (character - 0x57)
      default: return value
      }
    }
  }
}
