@testable import MeshConfig

/// The problems of a text, one a line; empty when it is accepted.
func problems(_ text: String, environment: Environment = Environment()) -> [String] {
  do throws(ConfigurationError) {
    _ = try Configuration.parse(text: text, name: "f", environment: environment)
    return []
  } catch {
    return error.problems.map(\.description)
  }
}

/// A valid node name for tests; its checksum is not looked at here.
let alice = "mesh1" + String(repeating: "q", count: 58)
let bob = "mesh1" + String(repeating: "p", count: 58)

/// A seeded generator (SplitMix64).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
