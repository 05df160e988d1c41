// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import TransportDriver
import TransportTLS

extension Instance {
  /// Has the certificates to trust read on the host's pool, for a link that can only be dialled after that.
  func readAuthorities(for connection: Connection) -> Int32 {
    waitingForAuthorities.append(connection.token())
    guard waitingForAuthorities.count == 1 else { return MESH_OK }
    let authorities = TLSAuthorities(path: settings.authorities)
    guard !offloaded.begin(authorities, authorities.run, for: 0, on: host) else { return MESH_OK }
    waitingForAuthorities.removeAll()
    end(connection, Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "too much is being read"))
    return MESH_OK
  }

  /// They were read: links that wait for them go on, and those that have gone since do not.
  func authoritiesRead(_ authorities: TLSAuthorities) {
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
