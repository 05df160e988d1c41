// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshEventLoop
import MeshPluginHost

/// A node that only puts buffers back.
final class BenchmarkNode: PluginHostDelegate {
  var pool: BufferPool?

  func linkIncoming(_ incoming: IncomingLink) -> Bool { false }
  func link(_ link: LinkID, cameUp up: LinkUp) {}
  func link(_ link: LinkID, failed failure: Failure) {}
  func link(_ link: LinkID, wentDown failure: Failure) {}
  func link(_ link: LinkID, capabilities: mesh_caps) {}
  func linkHasCredit(_ link: LinkID) {}
  func received(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) { for buffer in buffers { pool?.put(buffer) } }
  func transmitted(_ buffers: UnsafeMutableBufferPointer<mesh_buf>) { for buffer in buffers { pool?.put(buffer) } }
  func listener(_ listener: ListenerID, isListeningAt address: String) {}
  func listener(_ listener: ListenerID, failed failure: Failure) {}
  func instance(_ instance: InstanceID, changedTo state: InstanceState, reason: String) {}
  func instance(_ instance: InstanceID, configured refusal: Failure?, parameter: Int) {}
  func peerSeen(_ instance: InstanceID, address: String) {}
}
