// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshWire

/// What the command line says.
struct Options {
  enum Role {
    case listen
    case connect(remoteStatic: X25519PublicKey)
  }

  struct Failure: Error {
    let reason: String
  }

  static let help = """
    usage: noise-echo --listen HOST:PORT --static HEX [--prologue TEXT | --prologue-hex HEX] [--connections N]
           noise-echo --connect HOST:PORT --static HEX --remote HEX [--prologue TEXT | --prologue-hex HEX]

    Speaks Noise_XK_25519_ChaChaPoly_SHA256 (revision 34) over TCP. Every message is preceded by its length in two
    bytes, big-endian. Handshake payloads are empty; then come transport messages of at most 65,535 bytes.

      --listen HOST:PORT   answer, and echo every transport message under the other key; port 0 takes a free one.
                           Prints "listening HOST:PORT" and "public HEX". One connection after another; an error ends
                           the connection only.
      --connect HOST:PORT  call, send standard input piece by piece, and compare what comes back; 0 when all is equal
      --static HEX         own X25519 private key. For tests only: others on the machine can see it
      --remote HEX         public key of the one who answers
      --prologue TEXT      what both sides must agree on; --prologue-hex for bytes that are no text
      --connections N      end after N connections
      --timeout SECONDS    for a whole handshake, and for each message after it (5)

    """

  let role: Role
  let host: String
  let port: String
  let localStatic: X25519KeyPair
  let prologue: [UInt8]
  let connections: Int?
  let timeout: Int

  init(_ arguments: [String]) throws(Failure) {
    var values: [String: String] = [:]
    var rest = arguments[...]
    while let name = rest.popFirst() {
      let known = ["listen", "connect", "static", "remote", "prologue", "prologue-hex", "connections", "timeout"]
      guard name.hasPrefix("--"), known.contains(String(name.dropFirst(2))) else {
        throw Failure(reason: "unknown option \(name)")
      }
      guard let value = rest.popFirst() else { throw Failure(reason: "\(name) needs a value") }
      values[String(name.dropFirst(2))] = value
    }
    guard let key = values["static"].flatMap(Hex.decode), let pair = X25519KeyPair(secret: SecretBytes(key)) else {
      throw Failure(reason: "--static needs 64 hexadecimal digits")
    }
    localStatic = pair
    guard let prologue = values["prologue-hex"].map(Hex.decode) ?? Array((values["prologue"] ?? "").utf8) else {
      throw Failure(reason: "--prologue-hex needs hexadecimal digits")
    }
    self.prologue = prologue
    let address: String
    switch (values["listen"], values["connect"]) {
    case (let listen?, nil):
      role = .listen
      address = listen
    case (nil, let connect?):
      guard let remote = values["remote"].flatMap(Hex.decode).flatMap({ X25519PublicKey($0) }) else {
        throw Failure(reason: "--connect needs --remote with 64 hexadecimal digits")
      }
      role = .connect(remoteStatic: remote)
      address = connect
    default:
      throw Failure(reason: "give --listen or --connect")
    }
    guard let colon = address.lastIndex(of: ":") else { throw Failure(reason: "\(address) is not HOST:PORT") }
    host = String(address[..<colon].filter { $0 != "[" && $0 != "]" })
    port = String(address[address.index(after: colon)...])
    connections = values["connections"].flatMap { Int($0) }
    timeout = values["timeout"].flatMap { Int($0) } ?? 5
    guard (1...3600).contains(timeout) else { throw Failure(reason: "--timeout takes 1 to 3600 seconds") }
  }
}
