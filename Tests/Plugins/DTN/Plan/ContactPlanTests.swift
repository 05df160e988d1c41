// SPDX-License-Identifier: Apache-2.0
import BundlePlan
import BundleProtocol
import BundleRouting
import MeshConfig
import Testing

@Suite struct ContactPlanTests {
  private func read(_ text: String, _ source: String = "plan.yaml") throws -> [Contact] {
    try ContactPlanFile.parse(Array(text.utf8), source: source, reference: 1_000_000)
  }

  @Test func everyKeyOfAContactCounts() throws {
    let contacts = try read(
      """
      contacts:
        - { from: "ipn:1.0", to: dtn://ship/dock, start: +10s, end: 2030-01-31T06:00:00Z, rate: 125KB, delay: 1300ms,
            confidence: 0.75, both: true }
      """)
    let one = try EndpointID("ipn:1.0")
    let ship = try EndpointID("dtn://ship/")
    #expect(contacts.map { [$0.from, $0.to] } == [[one, ship], [ship, one]])
    let first = try #require(contacts.first)
    #expect(first.start == 1_010_000)
    #expect(first.end == PlanTime.milliseconds("2030-01-31T06:00:00Z"))
    #expect(first.rate == 125_000)
    #expect(first.delay == 1300)
    #expect(first.confidence == 0.75)
  }

  @Test func otherNamesAreReadAsIONDoes() throws {
    let contacts = try read("a contact +0 +60 1 2 9600\na range +0 +60 1 2 3\n", "plan.ionrc")
    #expect(contacts.map(\.delay) == [3000])
    #expect(contacts.map(\.start) == [1_000_000])
  }

  @Test(arguments: [
    ("", 0, ""), ("- 1", 1, ""), ("contacts: 1", 1, "contacts"), ("contacts: []\nmore: 1", 2, "more"),
    ("contacts:\n  - 1", 2, "contacts[0]"), ("contacts:\n  - { from: x }", 2, "contacts[0].end"),
    ("contacts:\n  - { from: x, to: y, start: +0s, end: +1s, rate: 1 }", 2, "contacts[0].from"),
    ("contacts:\n  - { from: \"ipn:1.0\", to: \"ipn:2.0\", start: +0s, end: +1s, rate: 0 }", 2, "contacts[0].rate"),
    (
      "contacts:\n  - { from: \"ipn:1.0\", to: \"ipn:2.0\", start: +0s, end: +1s, rate: 1, dely: 1s }", 2,
      "contacts[0].dely"
    ),
    ("contacts:\n  - { from: \"ipn:1.0\", to: \"ipn:2.0\", start: +0s, end: [1], rate: 1 }", 2, "contacts[0].end"),
    (
      "contacts:\n  - { from: \"ipn:1.0\", to: \"ipn:2.0\", start: +0s, end: +1s, rate: 1, confidence: 2 }", 2,
      "contacts[0].confidence"
    ), ("contacts: [", 1, ""),
  ])
  func whatIsWrongHasItsPlace(_ text: String, _ line: Int, _ key: String) throws {
    let problem = try #require(throws: ConfigurationProblem.self) { try read(text) }
    #expect(problem.file == "plan.yaml")
    #expect(problem.key == key)
    if line != 1 || !key.isEmpty { #expect(problem.position.line == line) }
  }

  @Test func aFaultInAnIONPlanHasItsLine() throws {
    let problem = try #require(throws: ConfigurationProblem.self) { try read("# plan\na contact +5 +1 1 2 3", "p.rc") }
    #expect(problem.position.line == 2)
  }

  @Test func everyTimeOfTheCalendarComesBack() {
    var milliseconds: UInt64 = 0
    while milliseconds < 252_455_615_999_000 {
      #expect(PlanTime.milliseconds(PlanTime.text(milliseconds)) == milliseconds)
      milliseconds += 86_399_000 * 1009
    }
    #expect(PlanTime.text(757_382_400_000) == "2024-01-01T00:00:00Z")
    #expect(PlanTime.milliseconds("2024-02-30T00:00:00Z") == nil)
    #expect(PlanTime.milliseconds("1999-12-31T23:59:59Z") == nil)
  }

  @Test func aFileThatIsNotThereIsTold() {
    #expect(throws: ConfigurationProblem.self) { try ContactPlanFile.read("/nowhere/plan.yaml", reference: 0) }
    #expect(throws: ConfigurationProblem.self) { try ContactPlanFile.read("/", reference: 0) }
  }
}
