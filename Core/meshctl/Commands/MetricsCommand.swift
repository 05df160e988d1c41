// SPDX-License-Identifier: Apache-2.0
import MeshCommandLine
import MeshControl

/// `meshctl metrics`.
enum MetricsCommand {
  static func declaration(_ surroundings: Surroundings) -> Command {
    surroundings.command(
      "metrics", summary: "Prints all counters and histograms as Prometheus text", asking: MetricsMethod.self,
      params: { _ in Nothing() }, text: { result, _ in result.text })
  }
}
