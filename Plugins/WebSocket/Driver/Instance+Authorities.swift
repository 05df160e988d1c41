// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import TransportDriver
import TransportTLS
import WebSocketCore

extension Instance {
  /// Has the certificates to trust read on the host's pool, for a link that can only be dialled after that.
  func readAuthorities(for link: Link) -> Int32 {
    waitingForAuthorities.append(link.token())
    guard waitingForAuthorities.count == 1 else { return MESH_OK }
    let authorities = TLSAuthorities(path: settings.authorities)
    guard !offloaded.begin(authorities, authorities.run, for: 0, on: host) else { return MESH_OK }
    waitingForAuthorities.removeAll()
    end(link, Failure(MESH_E_LIMIT, MESH_CLASS_RESOURCE, "too much is being read"))
    return MESH_OK
  }

  /// They were read: links that wait for them go on, and those that have gone since do not.
  func authoritiesRead(_ authorities: TLSAuthorities) {
    credentials.trust(authorities.credentials)
    let waiting = waitingForAuthorities
    waitingForAuthorities.removeAll()
    for raw in waiting {
      guard let token = Token(raw), let link = link(token), link.phase == .resolving else { continue }
      if let failure = authorities.failure {
        end(link, Failure(MESH_E_CONFIG, MESH_CLASS_CONFIG, failure.sentence))
      } else {
        resolve(link, settings.proxy?.host ?? link.address.host, settings.proxy?.port ?? link.address.port)
      }
    }
  }
}
