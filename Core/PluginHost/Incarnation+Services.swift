// SPDX-License-Identifier: Apache-2.0
import CLinux
import CMeshABI
import Glibc
import MeshEventLoop

extension Incarnation {
  static let logLimit = 1024

  func log(_ level: UInt32, _ text: UnsafePointer<CChar>?, _ length: Int) -> Int32 {
    guard level >= MESH_LOG_ERROR, level <= MESH_LOG_DEBUG, length >= 0, text != nil || length == 0 else {
      return MESH_E_INVALID
    }
    let bytes = UnsafeRawBufferPointer(start: text, count: min(length, Incarnation.logLimit))
    let words = printable(bytes, limit: Incarnation.logLimit)
    if level == MESH_LOG_ERROR, loop.isOnThread { complaint = words }
    log(level, name, words)
    return MESH_OK
  }

  func post(_ token: UInt64) -> Int32 {
    guard wakes.post(token) else { return MESH_E_AGAIN }
    loop.wake()
    return MESH_OK
  }

  func watch(_ descriptor: Int32, _ mask: UInt32, _ token: UInt64) -> Int32 {
    guard descriptor >= 0, mask & ~(MESH_WATCH_READ | MESH_WATCH_WRITE) == 0 else { return MESH_E_INVALID }
    let readiness = Readiness(rawValue: mask)
    do throws(EventLoopError) {
      if let known = watches[descriptor] {
        do throws(EventLoopError) {
          try loop.change(known.id, to: readiness)
          watches[descriptor] = WatchedDescriptor(id: known.id, token: token, mask: mask)
          return MESH_OK
        } catch {
          // The plugin closed a watched descriptor and its number came back: the kernel has forgotten the old one.
          loop.forget(known.id)
          watches[descriptor] = nil
        }
      }
      guard watches.count < Incarnation.watchLimit else { return MESH_E_LIMIT }
      let id = try loop.watch(
        descriptor, for: readiness, token: UInt64(truncatingIfNeeded: descriptor), handler: self)
      watches[descriptor] = WatchedDescriptor(id: id, token: token, mask: mask)
      if let opening, Incarnation.accepts(descriptor) { host.listeners.setDescriptor(opening, descriptor) }
      return MESH_OK
    } catch {
      guard case .system(_, let reason) = error else { return MESH_E_LIMIT }
      return reason == EBADF || reason == EPERM || reason == EINVAL ? MESH_E_INVALID : MESH_E_IO
    }
  }

  /// Whether a descriptor is a socket that accepts connections.
  static func accepts(_ descriptor: Int32) -> Bool {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0
  }

  /// A copy of a listener's socket for the load that takes over, or -1 when the plugin has none that it watches.
  func copyDescriptor(of listener: ListenerRecord) -> Int32 {
    guard listener.descriptor >= 0, watches[listener.descriptor] != nil, Incarnation.accepts(listener.descriptor) else {
      return -1
    }
    return fcntl(listener.descriptor, F_DUPFD_CLOEXEC, 0)
  }

  func unwatch(_ descriptor: Int32) -> Int32 {
    guard let known = watches[descriptor] else { return MESH_E_NOTFOUND }
    watches[descriptor] = nil
    loop.unwatch(known.id)
    return MESH_OK
  }

  func hostExtension(_ name: UnsafePointer<CChar>?) -> UnsafeRawPointer? {
    guard let name else { return nil }
    if strcmp(name, MESH_COMMAND_NAME) == 0 { return UnsafeRawPointer(CommandTable.shared) }
    for offered in host.extensions where strcmp(offered.name, name) == 0 { return offered.table }
    return nil
  }

  func offload(
    _ function: (@convention(c) (UnsafeMutableRawPointer?) -> Int32)?, _ argument: UnsafeMutableRawPointer?,
    _ token: UInt64
  ) -> Int32 {
    guard let function else { return MESH_E_INVALID }
    guard outstandingOffloads < Incarnation.offloadLimit else { return MESH_E_LIMIT }
    nonisolated(unsafe) let argument = argument
    let loop = loop
    let isAccepted = host.offloadPool.submit { [self] in
      let status = function(argument)
      loop.post {
        self.outstandingOffloads -= 1
        self.finished(Completion(kind: MESH_READY_OFFLOAD, token: token, status: status, value: nil))
      }
    }
    guard isAccepted else { return MESH_E_LIMIT }
    outstandingOffloads += 1
    return MESH_OK
  }

  func storeGet(_ key: UnsafePointer<CChar>?, _ length: UInt32, _ token: UInt64) -> Int32 {
    guard let key = storeKey(key, length) else { return MESH_E_INVALID }
    return storeCall(token) { $0.get(key) }
  }

  func storePut(
    _ key: UnsafePointer<CChar>?, _ length: UInt32, _ value: UnsafeRawPointer?, _ valueLength: UInt32, _ token: UInt64
  ) -> Int32 {
    guard let key = storeKey(key, length), valueLength <= MESH_STORE_VALUE_MAX, value != nil || valueLength == 0 else {
      return MESH_E_INVALID
    }
    let bytes = Array(UnsafeRawBufferPointer(start: value, count: Int(valueLength)))
    return storeCall(token) { ($0.put(key, bytes), nil) }
  }

  func storeDelete(_ key: UnsafePointer<CChar>?, _ length: UInt32, _ token: UInt64) -> Int32 {
    guard let key = storeKey(key, length) else { return MESH_E_INVALID }
    return storeCall(token) { ($0.delete(key), nil) }
  }

  private func storeKey(_ key: UnsafePointer<CChar>?, _ length: UInt32) -> [UInt8]? {
    guard let key, length > 0, length <= MESH_STORE_KEY_MAX else { return nil }
    return Array(UnsafeRawBufferPointer(start: key, count: Int(length)))
  }

  private func storeCall(
    _ token: UInt64, _ body: @escaping @Sendable (InstanceStore) -> (Int32, UnsafeMutableRawBufferPointer?)
  ) -> Int32 {
    guard let store = instance.store else { return MESH_E_UNSUPPORTED }
    guard outstandingStores < Incarnation.storeLimit else { return MESH_E_LIMIT }
    let job = StoreJob(work: body)
    let isAccepted = instance.storeQueue.submit(to: host.offloadPool, loop) {
      job.run(store)
    } completion: { [self] in
      outstandingStores -= 1
      finished(Completion(kind: MESH_READY_STORE, token: token, status: job.status, value: job.takeValue()))
    }
    guard isAccepted else { return MESH_E_LIMIT }
    outstandingStores += 1
    return MESH_OK
  }

  private func finished(_ completion: Completion) {
    if isOpen { completions.append(completion) } else { completion.release() }
    schedule()
  }
}
