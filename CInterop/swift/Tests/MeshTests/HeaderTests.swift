// SPDX-License-Identifier: Apache-2.0
import CMesh
import Glibc
import Mesh
import Testing

@Test func `An error says its sentence and the name of its code`() {
  let error = MeshError(code: .notFound, sentence: "no such peer")
  #expect(error.description == "no such peer (MESH_E_NOTFOUND)")
  #expect(ErrorCode.again.isRetryable && !ErrorCode.again.isPermanent)
}

@Test func `Enumerations have the numbers of the header`() {
  #expect(LinkState.confirmed.rawValue == UInt64(MESH_LINK_CONFIRMED))
  #expect(LinkState.failed.rawValue == UInt64(MESH_LINK_FAILED))
  #expect(TrafficClass.realtime.rawValue == MESH_TCLASS_REALTIME)
  #expect(TrafficClass.background.rawValue == MESH_TCLASS_BACKGROUND)
}

@Test func `A name survives printing, and a typing error is found`() throws {
  let path = "/tmp/mesh-swift-test-\(UInt64.random(in: 0...UInt64.max))"
  defer { unlink(path) }
  let name = try NodeID.generate(path: path)
  #expect(try NodeID(name.description) == name)
  var wrong = Array(name.description)
  wrong[10] = wrong[10] == "q" ? "p" : "q"
  #expect(throws: MeshError.self) { try NodeID(String(wrong)) }
}

@Test func `A file that is not there is an error with a sentence`() {
  #expect {
    _ = try Node(.file("/nonexistent/mesh.yaml"))
  } throws: { error in
    guard let error = error as? MeshError else { return false }
    return error.code == .notFound && error.sentence.contains("mesh.yaml")
  }
}
