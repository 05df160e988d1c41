// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// The host's table for all `MiniHost`s; the context says which one is meant.
enum MiniTable {
  nonisolated(unsafe) static let shared: UnsafePointer<mesh_host_api> = {
    let table = UnsafeMutablePointer<mesh_host_api>.allocate(capacity: 1)
    table.initialize(to: functions)
    return UnsafePointer(table)
  }()

  private static func host(_ context: OpaquePointer?) -> MiniHost {
    Unmanaged<MiniHost>.fromOpaque(UnsafeRawPointer(context!)).takeUnretainedValue()
  }

  private static var functions: mesh_host_api {
    var table = mesh_host_api()
    table.size = UInt32(MemoryLayout<mesh_host_api>.size)
    table.log = { context, _, text, length in
      let bytes = UnsafeRawBufferPointer(start: text, count: length)
      MiniTable.host(context).log(String(decoding: bytes, as: UTF8.self))
      return MESH_OK
    }
    table.post = { context, token in
      MiniTable.host(context).post(token)
      return MESH_OK
    }
    table.now = { _ in MiniHost.now() }
    table.watch = { context, descriptor, mask, token in
      MiniTable.host(context).watch(descriptor, mask, token)
      return MESH_OK
    }
    table.unwatch = { context, descriptor in
      MiniTable.host(context).unwatch(descriptor) ? MESH_OK : MESH_E_NOTFOUND
    }
    table.deadline = { context, at in
      MiniTable.host(context).setDeadline(at)
      return MESH_OK
    }
    table.buffer_get = { context, buffers, count, capacity in
      let pool = MiniTable.host(context).pool
      var taken = 0
      while taken < Int(count), pool.outstanding < pool.limit {
        buffers![taken] = pool.take(Int(capacity))
        taken += 1
      }
      return Int32(taken)
    }
    table.buffer_put = { context, buffers, count in
      MiniTable.host(context).pool.put(buffers!, Int(count))
      return MESH_OK
    }
    table.deliver = { context, buffers, count in
      MiniTable.host(context).deliver(buffers!, Int(count))
      return MESH_OK
    }
    table.transmit_done = { context, buffers, count in
      MiniTable.host(context).done(buffers!, Int(count))
      return MESH_OK
    }
    table.credit = { context, link, frames, bytes in
      MiniTable.host(context).credit(link, frames, bytes)
      return MESH_OK
    }
    table.link_event = { context, events, count in
      for index in 0..<Int(count) { MiniTable.host(context).take(events! + index) }
      return MESH_OK
    }
    table.offload = { context, function, argument, token in
      MiniTable.host(context).finished(token, function!(argument))
      return MESH_OK
    }
    table.store_get = { _, _, _, _ in MESH_E_UNSUPPORTED }
    table.store_put = { _, _, _, _, _, _ in MESH_E_UNSUPPORTED }
    table.store_delete = { _, _, _, _ in MESH_E_UNSUPPORTED }
    table.extension = { _, _ in nil }
    return table
  }
}
