// SPDX-License-Identifier: Apache-2.0
import MeshWire
import Testing

@Suite struct BacklinkTests {
  final class Owner {
    let backlink = Backlink<Owner>()
    init() { backlink.lead(to: self) }
    deinit { backlink.clear() }
  }

  @Test("A backlink keeps nothing and knows when its object has gone")
  func owner() {
    var owner: Owner? = Owner()
    let backlink = owner!.backlink
    #expect(backlink.object === owner)
    owner = nil
    #expect(backlink.object == nil)
  }
}
