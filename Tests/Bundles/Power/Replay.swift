// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore
import Glibc
import TestSupport

/// Cuts a recording at a point, and makes of it what a disk may hold then: all that was synced, and of the rest nothing,
/// everything, or any part, torn in the middle of a write too. Each such disk must open, with all that was acknowledged.
struct Replay {
  enum Step {
    case write(offset: Int, [UInt8], isSynced: Bool)
    case sync
    case truncate(Int)
    case acknowledge(number: UInt64, kind: UInt64)
  }

  private let steps: [Step]
  private let folder: String
  private var random: SeededGenerator
  private(set) var cuts = 0
  private(set) var states = 0
  private(set) var checked = 0
  private var stored: Set<UInt64> = []
  private var taken: Set<UInt64> = []
  private var read: Set<UInt64> = []

  init(_ steps: [Step], folder: String, seed: UInt64) {
    self.steps = steps
    self.folder = folder
    random = SeededGenerator(seed)
  }

  static func read(_ path: String) throws -> [Step] {
    guard let file = fopen(path, "r") else { throw PowerError(text: "no recording \(path)") }
    defer { fclose(file) }
    var steps: [Step] = []
    var head = [UInt64](repeating: 0, count: 3)
    while fread(&head, 8, 3, file) == 3 {
      var data = [UInt8](repeating: 0, count: Int(head[2]))
      guard fread(&data, 1, data.count, file) == data.count else { throw PowerError(text: "the recording ends early") }
      switch head[0] {
      case 1, 3: steps.append(.write(offset: Int(head[1]), data, isSynced: head[0] == 3))
      case 2: steps.append(.sync)
      case 4: steps.append(.truncate(Int(head[1])))
      default:
        let words = data.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
        steps.append(.acknowledge(number: words[0], kind: words[1]))
      }
    }
    return steps
  }

  mutating func run(every: Int) throws {
    mkdir(folder, 0o700)
    var synced: [UInt8] = []
    var loose: [(offset: Int, data: [UInt8])] = []
    for (index, step) in steps.enumerated() {
      switch step {
      case .write(let offset, let data, let isSynced):
        if isSynced {
          // While it is on its way it is loose like any other.
          loose.append((offset, data))
          if index % every == 0 { try cut(synced, loose) }
          loose.removeLast()
          Self.apply(offset, data[...], to: &synced)
        } else {
          loose.append((offset, data))
        }
      case .sync:
        for one in loose { Self.apply(one.offset, one.data[...], to: &synced) }
        loose = []
      case .truncate(let size):
        if size > synced.count { synced += [UInt8](repeating: 0, count: size - synced.count) }
      case .acknowledge(let number, let kind):
        switch kind {
        case 1: stored.insert(number)
        case 2: taken.insert(number)
        default: read.insert(number)
        }
      }
      if index % every == 0 || index == steps.count - 1 { try cut(synced, loose) }
    }
  }

  private static func apply(_ offset: Int, _ data: ArraySlice<UInt8>, to image: inout [UInt8]) {
    if image.count < offset + data.count {
      image += [UInt8](repeating: 0, count: offset + data.count - image.count)
    }
    image.replaceSubrange(offset..<(offset + data.count), with: data)
  }

  private mutating func cut(_ synced: [UInt8], _ loose: [(offset: Int, data: [UInt8])]) throws {
    cuts += 1
    try look(synced)
    guard !loose.isEmpty else { return }
    for round in 0..<3 {
      var image = synced
      var parts = loose
      if round > 0 { parts.shuffle(using: &random) }
      for one in parts where round == 0 || random.next() % 2 == 0 {
        // A sector is written as a whole or not at all; a write of several may end in the middle.
        let sectors = (one.data.count + 511) / 512
        let whole = round < 2 ? sectors : Int(random.next() % UInt64(sectors + 1))
        Self.apply(one.offset, one.data[..<min(one.data.count, whole * 512)], to: &image)
      }
      try look(image)
    }
  }

  private mutating func look(_ image: [UInt8]) throws {
    states += 1
    unlink("\(folder)/lock.mdb")
    guard let file = fopen("\(folder)/data.mdb", "w") else { throw PowerError(text: "no file in \(folder)") }
    _ = image.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    fclose(file)
    let wanted = stored.subtracting(taken)
    // Before anything was acknowledged there may be no store yet.
    guard !image.isEmpty || !wanted.isEmpty else { return }
    let store: BundleStore
    do throws(StoreError) { store = try BundleStore(folder: folder) } catch {
      if stored.isEmpty { return }
      throw PowerError(text: "cut \(cuts): the store does not open: \(error)")
    }
    guard store.damaged.count == 0 else { throw PowerError(text: "cut \(cuts): \(store.damaged.first)") }
    let known = Set(store.takeRead().map(\.id))
    for number in wanted {
      let bundle = Workload.bundle(number)
      // What was being read is here, or known to have been read.
      if read.contains(number), known.contains(bundle.id) { continue }
      guard let sequence = try store.sequence(of: bundle.id) else {
        throw PowerError(text: "cut \(cuts): bundle \(number) is lost")
      }
      let isWhole = try store.withBundle(sequence) { $0.elementsEqual(bundle.encoded) }
      guard isWhole == true else { throw PowerError(text: "cut \(cuts): bundle \(number) is damaged") }
      checked += 1
    }
  }
}
