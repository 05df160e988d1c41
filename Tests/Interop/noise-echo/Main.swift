// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCrypto
import MeshWire

/// A Noise XK endpoint that other implementations are pointed at.
@main
struct Main {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.isEmpty || arguments.contains("--help") {
      say(Options.help, to: arguments.isEmpty ? 2 : 1)
      exit(arguments.isEmpty ? 2 : 0)
    }
    do {
      let options = try Options(arguments)
      switch options.role {
      case .listen: try serve(options)
      case .connect(let remote): try call(options, remote)
      }
    } catch let failure as Options.Failure {
      say("noise-echo: \(failure.reason); see --help\n", to: 2)
      exit(2)
    } catch {
      say("noise-echo: \(error)\n", to: 2)
      exit(1)
    }
  }

  private static func serve(_ options: Options) throws {
    let (listener, port) = try Endpoint.listen(options.host, options.port)
    say("listening \(options.host):\(port)\npublic \(Hex.encode(options.localStatic.publicKey.bytes))\n", to: 1)
    var served = 0
    while served < options.connections ?? .max, let connection = Endpoint.accept(listener) {
      served += 1
      do {
        try answer(connection, options)
      } catch Connection.Failure.closed {
        continue
      } catch {
        say("connection \(served): \(error)\n", to: 2)
      }
    }
  }

  private static func answer(_ connection: Connection, _ options: Options) throws {
    connection.allow(seconds: options.timeout)
    var handshake = NoiseXK(responder: options.prologue, localStatic: options.localStatic)
    _ = try handshake.read(connection.receive())
    try connection.send(handshake.write(payload: []))
    _ = try handshake.read(connection.receive())
    let keys = try handshake.split()
    var (sealing, opening) = (NoiseTransportCipher(keys.send), NoiseTransportCipher(keys.receive))
    while true {
      connection.allow(seconds: options.timeout)
      let plaintext = try opening.open(connection.receive())
      try connection.send(sealing.seal(plaintext))
    }
  }

  private static func call(_ options: Options, _ remote: X25519PublicKey) throws {
    let connection = try Endpoint.connect(options.host, options.port, timeout: options.timeout)
    var handshake = NoiseXK(initiator: options.prologue, localStatic: options.localStatic, remoteStatic: remote)
    try connection.send(handshake.write(payload: []))
    _ = try handshake.read(connection.receive())
    try connection.send(handshake.write(payload: []))
    let keys = try handshake.split()
    var (sealing, opening) = (NoiseTransportCipher(keys.send), NoiseTransportCipher(keys.receive))
    var (messages, bytes) = (0, 0)
    var buffer = [UInt8](repeating: 0, count: 65_535 - AEADAlgorithm.tagLength)
    while true {
      let count = read(0, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      connection.allow(seconds: options.timeout)
      let piece = Array(buffer.prefix(count))
      try connection.send(sealing.seal(piece))
      guard try opening.open(connection.receive()) == piece else {
        say("noise-echo: message \(messages + 1) came back changed\n", to: 2)
        exit(1)
      }
      messages += 1
      bytes += count
    }
    say("echoed \(messages) messages, \(bytes) bytes\n", to: 1)
  }

  private static func say(_ text: String, to file: Int32) {
    let bytes = Array(text.utf8)
    _ = write(file, bytes, bytes.count)
  }
}
