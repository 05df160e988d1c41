// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import Glibc
import MeshCommandLine
import MeshControl

/// `meshctl bundle decode`; what else `meshctl bundle` does, the plugin `dtn` of the running daemon brings.
enum BundleCommand {
  /// Largest bundle that is shown, bytes.
  private static let limit = 1 << 28

  static func declaration(_ surroundings: Surroundings) -> Command {
    Command(
      "bundle", summary: "Shows bundles of the bundle protocol",
      discussion: "The plugin dtn of the running daemon brings more: 'meshctl bundle' lists it while that runs.",
      subcommands: [decode(surroundings)])
  }

  private static func decode(_ surroundings: Surroundings) -> Command {
    Command(
      "decode", summary: "Shows a bundle in a file block by block, with what is wrong in it",
      discussion: """
        Reads bytes of any kind, or their hexadecimal digits as text; '-' is standard input. No daemon is needed. \
        That a bundle breaks the rules is part of the answer and no failure of the command.
        """,
      arguments: [CommandArgument("FILE", value: .file("FILE"), help: "A bundle of RFC 9171, or -")],
      examples: [
        CommandExample("meshctl bundle decode captured.bin", "Shows what was captured."),
        CommandExample("echo 9f88… | meshctl bundle decode - --json", "The same for digits, as a line of JSON."),
      ]
    ) { invocation, console in
      let name = invocation.required("FILE")
      let bytes: [UInt8]
      do throws(ControlError) {
        bytes = name == "-" ? try input(surroundings) : try file(name)
      } catch {
        throw CommandFailure(error)
      }
      let description = BundleDescription(digits(bytes) ?? bytes)
      console.write(invocation.flag("json") ? description.json + "\n" : description.text)
    }
  }

  private static func input(_ surroundings: Surroundings) throws(ControlError) -> [UInt8] {
    guard let bytes = surroundings.readInput(limit) else { throw tooLarge }
    return bytes
  }

  private static func file(_ name: String) throws(ControlError) -> [UInt8] {
    let file = try SourceFile(name, hint: "'-' reads what is piped in.")
    guard file.size <= limit else { throw tooLarge }
    return try file.read(at: 0, Int(file.size))
  }

  private static var tooLarge: ControlError {
    ControlError(.mtu, "there are more than \(limit) bytes", hint: "No node takes a bundle of that size.")
  }

  /// The bytes that a text of hexadecimal digits stands for; nil for what is no such text.
  static func digits(_ bytes: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    var upper: UInt8?
    for byte in bytes {
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x37
      case 0x61...0x66: digit = byte - 0x57
      case 0x09, 0x0a, 0x0d, 0x20: continue
      default: return nil
      }
      if let high = upper {
        result.append(high << 4 | digit)
        upper = nil
      } else {
        upper = digit
      }
    }
    return upper == nil && !result.isEmpty ? result : nil
  }
}
