import Glibc
// SPDX-License-Identifier: Apache-2.0
import TransportBytes
import TransportTLS
import WebSocketCore

/// Returns every message, so that conformance suites of others can be pointed at the codec.
///
/// `--listen host:port [--tls] [--deflate]` serves; `--autobahn-client ws://host:port [--deflate]` runs all cases of an
/// Autobahn fuzzing server and asks it for its report.
@main
struct Main {
  static func main() {
    signal(SIGPIPE, SIG_IGN)
    let arguments = CommandLine.arguments
    let compression = arguments.contains("--deflate")
    if let target = value(of: "--listen", in: arguments), let authority = Authority(target[...]) {
      do throws(TLSFailure) {
        let credentials = arguments.contains("--tls") ? try TLSCredentials(selfMade: "echo") : nil
        fail(Server(authority, credentials, compression: compression).run())
      } catch {
        fail(error.sentence)
      }
    } else if let target = value(of: "--autobahn-client", in: arguments), let address = WebSocketAddress(target) {
      AutobahnClient(address, compression: compression).run()
    } else {
      fail(
        "usage: websocket-echo --listen host:port [--tls] [--deflate] | --autobahn-client ws://host:port [--deflate]")
    }
  }

  private static func value(of option: String, in arguments: [String]) -> String? {
    guard let index = arguments.firstIndex(of: option), index + 1 < arguments.count else { return nil }
    return arguments[index + 1]
  }

  private static func fail(_ sentence: String) -> Never {
    Console.line(2, sentence)
    exit(1)
  }
}
