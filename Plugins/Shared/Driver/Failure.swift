// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc

/// Why a link or listener ended, as the host wants to hear it.
package struct Failure: Error {
  package let code: Int32
  package let category: UInt32
  package let sentence: String

  package init(_ code: Int32, _ category: UInt32, _ sentence: String) {
    self.code = code
    self.category = category
    self.sentence = sentence
  }

  /// From an errno of `operation`.
  package init(errno number: Int32, _ operation: String) {
    sentence = "\(operation): \(String(cString: strerror(number)))"
    switch number {
    case ECONNREFUSED: (code, category) = (MESH_E_REFUSED, MESH_CLASS_PEER)
    case ETIMEDOUT: (code, category) = (MESH_E_TIMEOUT, MESH_CLASS_TRANSIENT)
    case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EADDRNOTAVAIL:
      (code, category) = (MESH_E_UNREACHABLE, MESH_CLASS_TRANSIENT)
    case ECONNRESET, EPIPE, ECONNABORTED: (code, category) = (MESH_E_RESET, MESH_CLASS_PEER)
    case EMFILE, ENFILE, ENOMEM, ENOBUFS: (code, category) = (MESH_E_LIMIT, MESH_CLASS_RESOURCE)
    case EADDRINUSE: (code, category) = (MESH_E_EXISTS, MESH_CLASS_CONFIG)
    case EACCES, EPERM: (code, category) = (MESH_E_PERMISSION, MESH_CLASS_CONFIG)
    default: (code, category) = (MESH_E_IO, MESH_CLASS_TRANSIENT)
    }
  }
}
