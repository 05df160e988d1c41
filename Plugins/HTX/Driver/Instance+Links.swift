// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import HTXQUIC
import TransportDriver

extension Instance {
  /// A line for each link that is up: what it goes over, and how that is. Made for people, `meshctl htx links`.
  func linkMembers() -> [(String, String)] {
    let up = links.values.filter(\.wasUp).sorted { $0.link < $1.link }
    return up.map { connection in
      var words = [connection.isServer ? "from" : "to", present(connection).text]
      if let quic = connection.http3?.connection {
        let statistics = quic.statistics
        words += [
          "over HTTP/3, round trip \(statistics.smoothed_rtt / 1000) µs", "window \(statistics.congestion_window)",
          "under way \(statistics.bytes_in_flight)", "packets of \(statistics.payload_size)",
          "memory \(statistics.memory)",
        ]
      } else {
        words.append("over HTTP/2")
        if connection.isBesideQUIC { words.append("because QUIC was not answered") }
      }
      return ("link \(connection.link)", words[0] + " " + words[1...].joined(separator: ", "))
    }
  }
}
