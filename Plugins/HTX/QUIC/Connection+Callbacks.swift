// SPDX-License-Identifier: Apache-2.0
import CQUIC

extension Connection {
  /// What the C side knows this connection by; it never outlives it.
  var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  @inline(__always)
  private static func with<Result>(_ context: UnsafeMutableRawPointer?, _ body: (Connection) -> Result) -> Result {
    // The context was set by this class and is never nil.
    Unmanaged<Connection>.fromOpaque(context.unsafelyUnwrapped)._withUnsafeGuaranteedRef(body)
  }

  private var verdict: Int32 { isFailing ? -1 : 0 }

  /// The table that every connection shares.
  static let callbacks = cquic_callbacks(
    connected: { context in
      with(context) { connection in
        connection.isConnected = true
        connection.endpoint.handshakeEnded(connection)
        connection.handler.connected(connection)
        return connection.verdict
      }
    },
    stream_opened: { context, stream in
      with(context) { connection in
        connection.handler.opened(connection, stream: stream)
        return connection.verdict
      }
    },
    stream_received: { context, stream, bytes, count, fin in
      with(context) { connection in
        let data = UnsafeRawBufferPointer(start: bytes, count: count)
        connection.uncounted._withUnsafeGuaranteedRef {
          $0.received(connection, stream: stream, bytes: data, isFinal: fin != 0)
        }
        return connection.verdict
      }
    },
    stream_acked: { context, stream, count in
      with(context) { connection in
        connection.uncounted._withUnsafeGuaranteedRef { $0.acknowledged(connection, stream: stream, count: count) }
        return connection.verdict
      }
    },
    stream_reset: { context, stream, error in
      with(context) { connection in
        connection.handler.reset(connection, stream: stream, error: error)
        return connection.verdict
      }
    },
    stream_closed: { context, stream, failed, error in
      with(context) { connection in
        connection.handler.closed(connection, stream: stream, error: failed != 0 ? error : nil)
        return connection.verdict
      }
    },
    stream_credit: { context, stream in
      with(context) { connection in
        connection.handler.credited(connection, stream: stream)
        return connection.verdict
      }
    },
    streams_credit: { context in
      with(context) { connection in
        connection.handler.streamsCredited(connection)
        return connection.verdict
      }
    },
    datagram_received: { context, bytes, count in
      with(context) { connection in
        let data = UnsafeRawBufferPointer(start: bytes, count: count)
        connection.handler.receivedDatagram(connection, bytes: data)
        return connection.verdict
      }
    },
    id_added: { context, id in
      guard let id else { return }
      with(context) { $0.endpoint.adopt(ConnectionID.own(id), $0) }
    },
    id_removed: { context, id in
      guard let id else { return }
      with(context) { $0.endpoint.disown(ConnectionID.own(id), $0) }
    },
    token_added: { context, token in
      guard let token else { return }
      with(context) { $0.endpoint.expect(ResetToken(token), $0) }
    },
    token_removed: { context, token in
      guard let token else { return }
      with(context) { $0.endpoint.expectNoMore(ResetToken(token), $0) }
    },
    path_changed: { context, valid in
      with(context) { $0.handler.pathChanged($0, isValid: valid != 0) }
    },
    pull: { context, out in
      guard let out else { return 0 }
      return with(context) { connection in
        connection.uncounted._withUnsafeGuaranteedRef { $0.pull(connection, out) ? 1 : 0 }
      }
    },
    took: { context, stream, count, fin in
      with(context) { connection in
        connection.uncounted._withUnsafeGuaranteedRef {
          $0.took(connection, stream: stream, count: count, isFinal: fin != 0)
        }
      }
    },
    refused: { context, stream, gone in
      with(context) { $0.handler.refused($0, stream: stream, isGone: gone != 0) }
    },
    completed: { context in
      with(context) { connection in
        connection.isComplete = true
        connection.handler.completed(connection)
        return connection.verdict
      }
    }
  )
}
