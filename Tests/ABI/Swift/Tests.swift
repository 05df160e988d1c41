// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import CMeshABIConstants
import Testing

@Suite struct ABITests {
  private var numbersInC: [ImportedNumber] {
    (0..<mesh_abi_number_count()).map { index in
      let number = mesh_abi_number_at(index)!.pointee
      return ImportedNumber(
        name: String(cString: number.name), value: number.value, size: Int(number.size),
        isSigned: number.is_signed != 0)
    }
  }

  @Test func everyNumberImportsWithItsValueAndType() {
    let numbers = numbersInC
    #expect(numbers.count > 80)
    #expect(numbers == importedNumbers)
  }

  @Test func everyTextImportsUnchanged() {
    var texts: [String: String] = [:]
    for index in 0..<mesh_abi_text_count() {
      let text = mesh_abi_text_at(index)!.pointee
      texts[String(cString: text.name)] = String(cString: text.value)
    }
    #expect(texts == importedTexts)
    #expect(texts["MESH_NOTE_SECTION"] == ".note.mesh")
  }

  @Test func namesOfConstantsAreUnique() {
    let names = numbersInC.map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test func arrayElementsAreSixtyFourBytes() {
    #expect(MemoryLayout<mesh_buf>.stride == 64)
    #expect(MemoryLayout<mesh_link_event>.stride == 64)
    #expect(MemoryLayout<mesh_ready>.stride == 64)
    #expect(MemoryLayout<mesh_option>.stride == 64)
    #expect(MemoryLayout<mesh_param>.stride == 64)
    #expect(MemoryLayout<mesh_secret>.stride == 64)
    #expect(MemoryLayout<mesh_stat>.stride == 64)
  }

  @Test func membersStandWhereTheHeaderPutsThem() {
    #expect(MemoryLayout<mesh_buf>.offset(of: \.cookie) == 24)
    #expect(MemoryLayout<mesh_buf>.offset(of: \.tclass) == 60)
    #expect(MemoryLayout<mesh_link_event>.offset(of: \.fclass) == 56)
    #expect(MemoryLayout<mesh_plugin_info>.offset(of: \.caps) == 72)
    #expect(MemoryLayout<mesh_host_api>.offset(of: \.extension) == 136)
    #expect(MemoryLayout<mesh_plugin_api>.offset(of: \.extension) == 112)
  }
}
