// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import TransportDriver
import TransportTLS

extension Instance {
  /// Has the certificates to trust read on the host's pool, for a link that can only be dialled after that.
  func readAuthorities(for connection: Connection) -> Int32 {
    waitingForAuthorities.append(connection.token())
    guard waitingForAuthorities.count == 1 else { return MESH_OK }
    let argument = Unmanaged.passRetained(TLSAuthorities(path: settings.authorities)).toOpaque()
    // No link's token is 0.
    let number = resolutions.add(argument, link: 0)
    let status = host.offload(
      { argument in
        guard let argument else { return MESH_E_INVALID }
        Unmanaged<TLSAuthorities>.fromOpaque(argument)._withUnsafeGuaranteedRef { $0.run() }
        return MESH_OK
      }, argument, token: Token(.resolver, slot: number).raw)
    guard status != MESH_OK else { return MESH_OK }
    _ = resolutions.take(number)
    Unmanaged<TLSAuthorities>.fromOpaque(argument).release()
    waitingForAuthorities.removeAll()
    end(connection, Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "too much is being read"))
    return MESH_OK
  }

  /// They were read: links that wait for them go on, and those that have gone since do not.
  func authoritiesRead(_ argument: UnsafeMutableRawPointer) {
    let authorities = Unmanaged<TLSAuthorities>.fromOpaque(argument).takeRetainedValue()
    credentials.trust(authorities.credentials)
    let waiting = waitingForAuthorities
    waitingForAuthorities.removeAll()
    for raw in waiting {
      guard let token = Token(raw), let connection = connection(token), connection.phase == .resolving,
        let address = connection.address
      else { continue }
      if let failure = authorities.failure {
        end(connection, Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, failure.sentence))
      } else {
        resolve(connection, address)
      }
    }
  }
}
