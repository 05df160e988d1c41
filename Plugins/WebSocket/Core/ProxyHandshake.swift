// SPDX-License-Identifier: Apache-2.0
import TransportBytes

/// What a client says to a proxy before the proxy passes bytes on: HTTP CONNECT, or SOCKS5 (RFC 1928, RFC 1929).
public struct ProxyHandshake: Sendable {
  /// Why a proxy did not connect.
  public enum Refusal: Error, Equatable, Sendable {
    /// User name and password were refused or are missing.
    case credentials
    /// The proxy may not or will not connect to that target.
    case forbidden
    /// The proxy cannot reach the target.
    case unreachable
    /// Not what a proxy says.
    case malformed
  }

  /// What to do after bytes from the proxy were looked at.
  public enum Step: Equatable, Sendable {
    /// Wait for more bytes.
    case wait
    /// Forget so many bytes, send these, and look again.
    case send(consumed: Int, [UInt8])
    /// Forget so many bytes; what follows is the target's.
    case connected(consumed: Int)
  }

  private enum State: Sendable { case answer, method, password, reply }

  private let proxy: ProxyAddress
  private let host: String
  private let port: UInt16
  private var state: State

  /// For a connection through `proxy` to a target; names are resolved by the proxy.
  public init(proxy: ProxyAddress, host: String, port: UInt16) {
    self.proxy = proxy
    self.host = host
    self.port = port
    state = proxy.kind == .http ? .answer : .method
  }

  /// What to send first.
  public var opening: [UInt8] {
    guard proxy.kind == .http else { return proxy.credentials == nil ? [5, 1, 0] : [5, 2, 0, 2] }
    let target = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    var text = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n"
    if let (user, password) = proxy.credentials {
      text += "Proxy-Authorization: Basic \(Base64.encode(Array("\(user):\(password)".utf8)))\r\n"
    }
    return Array((text + "\r\n").utf8)
  }

  /// Looks at all bytes that the proxy has sent and that are not consumed yet.
  public mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Step {
    switch state {
    case .answer: try answer(bytes)
    case .method: try method(bytes)
    case .password: try password(bytes)
    case .reply: try reply(bytes)
    }
  }

  private func answer(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Step {
    let head: HTTPHead?
    do { head = try HTTPHead.parse(bytes) } catch { throw .malformed }
    guard let head else { return .wait }
    guard head.startLine[0].hasPrefix("HTTP/1."), let status = Int(head.startLine[1]) else { throw .malformed }
    switch status {
    case 200...299: return .connected(consumed: head.length)
    case 401, 407: throw .credentials
    case 502...504: throw .unreachable
    default: throw .forbidden
    }
  }

  private mutating func method(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Step {
    guard bytes.count >= 2 else { return .wait }
    guard bytes[0] == 5 else { throw .malformed }
    if bytes[1] == 0 {
      state = .reply
      return .send(consumed: 2, request)
    }
    guard bytes[1] == 2, let (user, password) = proxy.credentials else { throw .credentials }
    state = .password
    let message: [UInt8] =
      [1, UInt8(user.utf8.count)] + Array(user.utf8) + [UInt8(password.utf8.count)] + Array(password.utf8)
    return .send(consumed: 2, message)
  }

  private mutating func password(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Step {
    guard bytes.count >= 2 else { return .wait }
    guard bytes[1] == 0 else { throw .credentials }
    state = .reply
    return .send(consumed: 2, request)
  }

  private func reply(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Step {
    guard bytes.count >= 5 else { return .wait }
    guard bytes[0] == 5 else { throw .malformed }
    switch bytes[1] {
    case 0: break
    case 2: throw .forbidden
    case 1, 3, 4, 5, 6: throw .unreachable
    default: throw .forbidden
    }
    let length: Int
    switch bytes[3] {
    case 1: length = 10
    case 3: length = 7 + Int(bytes[4])
    case 4: length = 22
    default: throw .malformed
    }
    return bytes.count < length ? .wait : .connected(consumed: length)
  }

  private var request: [UInt8] {
    let name = Array(host.utf8)
    return [5, 1, 0, 3, UInt8(name.count)] + name + [UInt8(port >> 8), UInt8(port & 0xFF)]
  }
}
