// SPDX-License-Identifier: Apache-2.0
import CGnuTLS

/// SHA-256 (FIPS 180-4) of content that comes in pieces, with the processor's own instructions where it has them.
final class ContentHash {
  private let handle: gnutls_hash_hd_t

  init() {
    var made: gnutls_hash_hd_t?
    guard gnutls_hash_init(&made, GNUTLS_DIG_SHA256) == 0, let made else { preconditionFailure("no SHA-256 here") }
    handle = made
  }

  deinit { gnutls_hash_deinit(handle, nil) }

  func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return }
    _ = gnutls_hash(handle, start, bytes.count)
  }

  /// The digest of what came so far; the hash begins anew.
  func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: FileTransferProtocol.hashLength) { digest, count in
      gnutls_hash_output(handle, digest.baseAddress!)
      count = FileTransferProtocol.hashLength
    }
  }

  static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let hash = ContentHash()
    hash.update(bytes)
    return hash.finish()
  }
}
