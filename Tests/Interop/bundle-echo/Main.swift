// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import Glibc

/// What the implementations of others are pointed at: `encode COUNT` prints bundles as hexadecimal lines; `describe`
/// reads such lines and answers each with a line of JSON and the bundle encoded again; `mtcp` listens on a port that it
/// prints, and sends each bundle back with source and destination swapped.
@main struct Main {
  static func main() throws {
    let arguments = CommandLine.arguments
    switch arguments.count > 1 ? arguments[1] : "" {
    case "encode":
      for number in 0..<(arguments.count > 2 ? Int(arguments[2]) ?? 1 : 1) { print(Sample.bundle(number).encoded.hex) }
    case "describe":
      while let line = readLine() {
        guard let bytes = [UInt8](hex: line) else { exit(2) }
        let description = BundleDescription(bytes)
        print(description.json)
        print(description.bundle?.encoded.hex ?? "-")
        fflush(nil)
      }
    case "mtcp": try Echo.serve()
    default:
      print("usage: bundle-echo encode COUNT | describe | mtcp")
      exit(2)
    }
  }
}

extension [UInt8] {
  var hex: String {
    let digits = Array<Character>("0123456789abcdef")
    return String(flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  init?(hex: String) {
    let digits = hex.compactMap { $0.hexDigitValue }
    guard digits.count == hex.count, digits.count % 2 == 0 else { return nil }
    self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}
