// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What the bundle store does beside a bare database and bare syncs, on one disk in one run. The contract is that of
/// Benchmarks/README.md; MESH_BENCH_FOLDER says on which disk, else the working folder.
@main struct Main {
  static func main() throws {
    var seconds = 1.0
    var workloads: [Substring] = []
    var child: [String] = []
    var arguments = CommandLine.arguments.dropFirst()
    while let argument = arguments.popFirst() {
      switch argument {
      case "--seconds": seconds = arguments.popFirst().flatMap { Double($0) } ?? 1
      case "--workloads": workloads = (arguments.popFirst() ?? "").split(separator: ",")
      case "--cpus": _ = arguments.popFirst()
      case "--reopen", "--restart":
        child = [argument] + arguments
        arguments = []
      default: break
      }
    }
    if child.count > 1 {
      return try child[0] == "--reopen" ? Reopening.measure(child[1]) : Restarting.measure(child[1])
    }
    func wants(_ name: Substring) -> Bool { workloads.isEmpty || workloads.contains(name) }
    let folder = try Folder()
    defer { folder.remove() }
    if wants("durable-1k") { try Durable(folder: folder.path, seconds: seconds).measure() }
    if wants("million-bundles") { try Reopening.fillAndMeasure(folder.path) }
    if wants("forward-1m") { try Forwarding().measure(seconds: seconds) }
    if wants("route-1000") { Routes.measure(seconds: seconds) }
  }
}

/// One figure, as the runner reads it.
func figure(_ peer: String, _ workload: String, _ value: Double, _ unit: String) {
  let rounded = (value * 1000).rounded() / 1000
  print("{\"peer\": \"\(peer)\", \"workload\": \"\(workload)\", \"value\": \(rounded), \"unit\": \"\(unit)\"}")
  fflush(nil)
}

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// A folder on the disk that is measured.
struct Folder {
  let path: String

  init() throws {
    let parent = getenv("MESH_BENCH_FOLDER").map { String(cString: $0) } ?? "."
    var template = Array("\(parent)/bundle-store-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in buffer.baseAddress.flatMap { mkdtemp($0) } }
    guard let made else { throw BenchmarkError(text: "no folder can be made in \(parent)") }
    path = String(cString: made)
  }

  func remove() {
    for name in ["raw", "lmdb/data.mdb", "lmdb/lock.mdb", "lmdb", "store/data.mdb", "store/lock.mdb", "store"] {
      if unlink("\(path)/\(name)") != 0 { rmdir("\(path)/\(name)") }
    }
    rmdir(path)
  }
}

struct BenchmarkError: Error { let text: String }
