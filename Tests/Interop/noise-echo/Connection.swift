// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A TCP connection that carries messages of up to 65,535 bytes, each after its length in two bytes.
final class Connection {
  enum Failure: Error {
    /// The other side closed between two messages.
    case closed
    case truncated
    case timedOut
    case system(call: String, code: Int32)
  }

  private let socket: Int32
  private var deadline: Int64 = 0

  init(socket: Int32) { self.socket = socket }

  deinit { close(socket) }

  /// Bounds everything until the next call of this.
  func allow(seconds: Int) { deadline = Self.now() + Int64(seconds) * 1000 }

  func receive() throws(Failure) -> [UInt8] {
    let length = try bytes(2, mayEnd: true)
    return try bytes(Int(length[0]) << 8 | Int(length[1]), mayEnd: false)
  }

  func send(_ message: [UInt8]) throws(Failure) {
    let framed = [UInt8(message.count >> 8), UInt8(message.count & 255)] + message
    var done = 0
    while done < framed.count {
      let step = framed.withUnsafeBytes { buffer in
        Glibc.send(socket, buffer.baseAddress?.advanced(by: done), buffer.count - done, Int32(MSG_NOSIGNAL))
      }
      if step > 0 { done += step } else { try retry("send", Int16(POLLOUT)) }
    }
  }

  /// Waits until a call of `connect` has come to an end.
  func finishConnecting() throws(Failure) {
    try wait(Int16(POLLOUT))
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length)
    guard code == 0 else { throw .system(call: "connect", code: code) }
  }

  private func bytes(_ count: Int, mayEnd: Bool) throws(Failure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let step = buffer.withUnsafeMutableBytes { buffer in
        recv(socket, buffer.baseAddress?.advanced(by: done), buffer.count - done, 0)
      }
      if step == 0 { throw mayEnd && done == 0 ? .closed : .truncated }
      if step > 0 { done += step } else { try retry("recv", Int16(POLLIN)) }
    }
    return buffer
  }

  private func retry(_ call: String, _ events: Int16) throws(Failure) {
    switch errno {
    case EINTR: return
    case EAGAIN: try wait(events)
    default: throw .system(call: call, code: errno)
    }
  }

  private func wait(_ events: Int16) throws(Failure) {
    while true {
      let left = deadline - Self.now()
      guard left > 0 else { throw .timedOut }
      var entry = pollfd(fd: socket, events: events, revents: 0)
      let ready = poll(&entry, 1, Int32(clamping: left))
      if ready > 0 { return }
      if ready < 0 && errno != EINTR { throw .system(call: "poll", code: errno) }
    }
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
