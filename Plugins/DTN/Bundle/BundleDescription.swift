// SPDX-License-Identifier: Apache-2.0

/// A bundle block by block for people, with what is wrong in it: also of bytes that no node would take.
public struct BundleDescription: Equatable, Sendable {
  /// One block.
  public struct Part: Equatable, Sendable {
    /// Where it begins, bytes.
    public var offset: Int
    /// Its bytes.
    public var size: Int
    /// What it is.
    public var title: String
    /// Its fields in their order.
    public var fields: [(name: String, value: String)]
    /// What is wrong with it.
    public var fault: String?

    /// Equal when all members are.
    public static func == (one: Part, other: Part) -> Bool {
      one.offset == other.offset && one.size == other.size && one.title == other.title && one.fault == other.fault
        && one.fields.elementsEqual(other.fields, by: ==)
    }
  }

  /// Bytes of the whole.
  public let size: Int
  /// The blocks that could be told apart.
  public private(set) var parts: [Part] = []
  /// What is wrong with the whole; empty when every rule is kept.
  public private(set) var faults: [String] = []
  /// The bundle, when it can be read at all, however leniently.
  public private(set) var bundle: Bundle?

  /// Looks at bytes of any kind.
  public init(_ bytes: [UInt8], limits: BundleLimits = BundleLimits()) {
    size = bytes.count
    do throws(BundleError) { bundle = try Bundle(bytes, limits: limits) } catch {
      faults.append("\(error)")
      var lenient = limits
      lenient.isLenient = true
      bundle = try? Bundle(bytes, limits: lenient)
    }
    bytes.withUnsafeBytes { walk($0, limits) }
  }

  private mutating func walk(_ bytes: UnsafeRawBufferPointer, _ limits: BundleLimits) {
    var reader = ItemReader(bytes)
    var lenient = limits
    lenient.isLenient = true
    guard (try? reader.expect(ItemReader.indefiniteArray, "")) != nil else { return }
    var isRecord = false
    add("primary block", &reader) { reader throws(BundleError) in
      _ = try PrimaryBlock(from: &reader, limits: lenient)
    } show: { reader throws(BundleError) in
      let start = reader.position
      let block = try PrimaryBlock(unverified: &reader, limits: lenient)
      isRecord = block.flags.contains(.administrative)
      return Self.fields(block, fits: (try? block.checksum.verify(&reader, from: start)) != nil)
    }
    while parts.count <= limits.blocks, let next = try? reader.peek(), next != ItemReader.stop {
      let before = reader.position
      var title = "block"
      add("block", &reader) { reader throws(BundleError) in
        _ = try CanonicalBlock(from: &reader)
      } show: { reader throws(BundleError) in
        let start = reader.position
        let block = try CanonicalBlock(unverified: &reader)
        title = Self.name(block.type)
        let fits = (try? block.checksum.verify(&reader, from: start)) != nil
        return Self.fields(block, fits: fits, limits: lenient)
          + (isRecord && block.type == .payload ? Self.record(block.data, lenient) : [])
      }
      if !parts.isEmpty { parts[parts.count - 1].title = title }
      // Nothing tells where the next one begins.
      if reader.position == before { return }
    }
  }

  /// Reads one block; one with a fault is passed over as an item, and shown as far as it can be read.
  private mutating func add(
    _ title: String, _ reader: inout ItemReader, _ check: (inout ItemReader) throws(BundleError) -> Void,
    show: (inout ItemReader) throws(BundleError) -> [(name: String, value: String)]
  ) {
    let start = reader.position
    var shown = reader
    var part = Part(offset: start, size: 0, title: title, fields: (try? show(&shown)) ?? [])
    var attempt = reader
    do throws(BundleError) {
      try check(&attempt)
      reader = attempt
    } catch {
      part.fault = "\(error)"
      var whole = reader
      if (try? whole.skip(depth: 8)) != nil { reader = whole }
    }
    part.size = reader.position - start
    parts.append(part)
  }
}
