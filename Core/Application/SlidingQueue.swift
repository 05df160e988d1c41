// SPDX-License-Identifier: Apache-2.0

/// A first-in, first-out queue in one array, which keeps its memory: adding allocates only when it grows.
struct SlidingQueue<Element> {
  private var elements: [Element] = []
  private var head = 0

  var isEmpty: Bool { head == elements.count }
  var count: Int { elements.count - head }
  var first: Element? { isEmpty ? nil : elements[head] }

  /// The element `index` places behind the first.
  subscript(index: Int) -> Element {
    get { elements[head + index] }
    set { elements[head + index] = newValue }
  }

  mutating func append(_ element: Element) { elements.append(element) }

  @discardableResult
  mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = elements[head]
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: head <= 4096)
      head = 0
    } else if head >= 64, head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }

  mutating func removeAll() {
    elements = []
    head = 0
  }
}
