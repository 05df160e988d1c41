import CMeshABI
import Glibc

extension PluginValue {
  /// Lends `values` as an array of `mesh_param` for the duration of `body`; text is NUL-terminated.
  public static func withParameters<Result>(
    _ values: [PluginValue], _ body: (UnsafeBufferPointer<mesh_param>) -> Result
  ) -> Result {
    var texts: [(pointer: UnsafeMutablePointer<CChar>, count: Int)] = []
    defer {
      for text in texts {
        // Some of these may be secrets: cleared before they go back to the allocator.
        explicit_bzero(text.pointer, text.count)
        text.pointer.deallocate()
      }
    }
    func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
      let count = text.utf8.count + 1
      let pointer = UnsafeMutablePointer<CChar>.allocate(capacity: count)
      for (index, byte) in text.utf8.enumerated() { pointer[index] = CChar(bitPattern: byte) }
      pointer[count - 1] = 0
      texts.append((pointer, count))
      return pointer
    }
    var parameters: [mesh_param] = []
    parameters.reserveCapacity(values.count)
    for value in values {
      var parameter = mesh_param()
      parameter.name = UnsafePointer(copy(value.name))
      parameter.type = value.kind.rawValue
      parameter.line = UInt32(clamping: value.position.line)
      parameter.column = UInt32(clamping: value.position.column)
      switch value.content {
      case .integer(let number): parameter.value.integer = number
      case .text(let text):
        parameter.value.text = UnsafePointer(copy(text))
        parameter.len = UInt32(clamping: text.utf8.count)
      }
      parameters.append(parameter)
    }
    return parameters.withUnsafeBufferPointer(body)
  }
}
