// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshCrypto
import MeshEventLoop
import MeshPluginHost
import TestSupport
import Testing
import TransportDriver

@testable import HTXDriver

/// Looks through the memory of a process of its own.
@Suite struct SecretTests {
  private struct Secrets {
    let ticket = SecretCopies(of: 32)
    let certificate = SecretCopies(of: 32)
    /// The second half of that of a listener's stateless resets: the first is written over when memory is freed.
    let reset = SecretCopies(of: 16)

    init() {
      RandomBytes.system.fill(ticket.bytes)
      RandomBytes.system.fill(certificate.bytes)
    }

    func provide(_ purpose: String, _ key: UnsafeMutableRawBufferPointer) -> Bool {
      key.copyMemory(from: UnsafeRawBufferPointer(purpose == "ticket" ? ticket.bytes : certificate.bytes))
      return true
    }

    /// That of the listener at `address`, which says neither scheme nor fragment.
    func derive(_ address: Substring) {
      let key = SecretBytes(UnsafeRawBufferPointer(certificate.bytes))
      HKDF.expand(key, info: "mesh htx reset \(address)").withBytes {
        reset.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[16...]))
      }
    }
  }

  @Test func eachSecretIsHeldOnceAndNowhereWhenItsHolderIsGone() async {
    await #expect(processExitsWith: .success) { try SecretTests.hold() }
  }

  private static func hold() throws {
    let secrets = Secrets()
    let node = try LinkNode(hasStreams: true)
    let id = try node.start(secrets: secrets.provide)
    #expect(secrets.ticket.count() == 1)
    #expect(secrets.certificate.count() == 1)
    for number in 1...3 {
      _ = try node.host.listen(id, on: "htx://127.0.0.1:0")
      try #require(node.run { node.listening.count == number })
      let address = try #require(node.listening.last)
      secrets.derive(address.dropFirst(6).prefix { $0 != "#" })
      #expect(secrets.reset.count() > 0)
    }
    // GnuTLS has one of its own.
    #expect(secrets.ticket.count() == 1)
    #expect(secrets.certificate.count() <= 2)
    try node.host.stop(id, deadline: node.loop.now + 5_000_000_000)
    try #require(node.run { node.states.last == .stopped })
    try node.host.remove(id)
    #expect(secrets.ticket.count() == 0)
    #expect(secrets.certificate.count() == 0)
    #expect(secrets.reset.count() == 0)
  }

  @Test func noCopyOfTheSecretOfResetsIsLeft() async {
    await #expect(processExitsWith: .success) { try SecretTests.derive() }
  }

  private static func derive() throws {
    let secrets = Secrets()
    var credentials = Credentials()
    credentials.certificateSecret = SecretBytes(UnsafeRawBufferPointer(secrets.certificate.bytes))
    let address = try #require(SocketAddress(literal: "127.0.0.1", port: 443))
    secrets.derive("127.0.0.1:443")
    var all = (0..<8).map { _ in credentials.resetSecret(address) }
    #expect(secrets.reset.count() >= 8)
    all = []
    let left = secrets.reset.count()
    #expect(left == 0 && all.isEmpty)
  }
}
