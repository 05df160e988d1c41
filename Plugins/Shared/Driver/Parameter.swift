// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// A value that cannot be taken, by its place in the list.
package struct WrongParameter: Error {
  package let index: Int

  package init(index: Int) { self.index = index }
}

extension mesh_param {
  /// A whole number, size or duration in `range`; `index` is the value's place in the list.
  package func number(_ index: Int, _ range: ClosedRange<Int>) throws(WrongParameter) -> Int {
    let isNumber = [MESH_TYPE_INT, MESH_TYPE_SIZE, MESH_TYPE_DURATION].contains(type)
    guard isNumber, let value = Int(exactly: value.integer), range.contains(value) else {
      throw WrongParameter(index: index)
    }
    return value
  }

  /// Yes or no; `index` is the value's place in the list.
  package func flag(_ index: Int) throws(WrongParameter) -> Bool {
    guard type == MESH_TYPE_BOOL else { throw WrongParameter(index: index) }
    return value.integer != 0
  }

  /// Text or a path; `index` is the value's place in the list.
  package func text(_ index: Int) throws(WrongParameter) -> String {
    guard type == MESH_TYPE_STRING || type == MESH_TYPE_PATH, let text = value.text else {
      throw WrongParameter(index: index)
    }
    return String(cString: text)
  }
}
