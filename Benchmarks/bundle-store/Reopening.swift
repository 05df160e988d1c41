// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore
import Glibc

/// A store with a million bundles of 1 kB: how long a new process takes to open it, what it costs in memory, and how
/// long the first page of the listing takes.
enum Reopening {
  static let count = 1_000_000

  static var limits: StoreLimits {
    var limits = StoreLimits()
    limits.total = .init(bytes: 8 << 30, count: 2_000_000)
    return limits
  }

  static func fillAndMeasure(_ folder: String) throws {
    let path = "\(folder)/store"
    for name in ["data.mdb", "lock.mdb"] { unlink("\(path)/\(name)") }
    do {
      let store = try BundleStore(folder: path, limits: limits)
      for first in stride(from: 0, to: count, by: 4096) {
        for bytes in Durable.bundles(min(4096, count - first), first: first) {
          let bundle = try Bundle(bytes)
          let record = BundleRecord(
            id: bundle.id, destination: bundle.primary.destination, deadline: bundle.primary.timestamp.time + 1 << 40)
          guard case .admitted = store.admit(bytes, record, now: 1) else { throw BenchmarkError(text: "not admitted") }
        }
        store.flush()
        guard store.collect().allSatisfy({ $0.error == nil }) else { throw BenchmarkError(text: "not stored") }
      }
    }
    // Each in a process of its own, whose memory holds nothing else.
    for mode in ["--reopen", "--restart"] { try run(mode, path) }
  }

  private static func run(_ mode: String, _ path: String) throws {
    var child = pid_t()
    let words = ["/proc/self/exe", mode, path]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { word in strdup(word) } + [nil]
    guard posix_spawn(&child, "/proc/self/exe", nil, nil, &arguments, environ) == 0 else {
      throw BenchmarkError(text: "no second process")
    }
    var status: CInt = 0
    waitpid(child, &status, 0)
    guard status == 0 else { throw BenchmarkError(text: "the second process failed") }
  }

  static func measure(_ path: String) throws {
    let start = now()
    let store = try BundleStore(folder: path, limits: limits)
    let opened = now()
    let page = try store.list(from: 0, limit: 100)
    let listed = now()
    guard store.count == count, page.count == 100 else { throw BenchmarkError(text: "\(store.count) bundles") }
    figure("libmesh-store", "million-bundles-open", (opened - start) * 1000, "ms")
    figure("libmesh-store", "million-bundles-page", (listed - opened) * 1000, "ms")
    figure("libmesh-store", "million-bundles-anonymous", Double(anonymousKilobytes()), "KiB")
  }

  static func anonymousKilobytes() -> Int {
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if text.hasPrefix("RssAnon:") { return Int(text.filter { $0.isNumber }) ?? 0 }
    }
    return 0
  }
}
