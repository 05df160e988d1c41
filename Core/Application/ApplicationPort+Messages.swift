// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshEventLoop
import MeshMultiplexer
import MeshNode
import MeshObserve
import MeshSession
import MeshTransportManager
import MeshWire

extension ApplicationPort {
  func declareProtocol(_ command: ApplicationCommand) throws(ApplicationFault) {
    let number = command.header.protocol
    guard number < APP_PROTOCOLS else { throw ApplicationFault("protocol number \(number)") }
    guard command.data.count > 1, command.data.count <= MESH_PROTOCOL_MAX, command.data[0] == UInt8(ascii: "/"),
      let name = String(validating: command.data, as: UTF8.self)
    else { throw ApplicationFault("a name that is none for a protocol") }
    let index = Int(number)
    while protocols.count <= index { protocols.append(nil) }
    guard protocols[index] == nil else { throw ApplicationFault("protocol number \(number) is declared twice") }
    protocols[index] = name
  }

  /// The name behind a number.
  func protocolName(_ command: ApplicationCommand) throws(ApplicationFault) -> String {
    let index = Int(command.header.protocol)
    guard index < protocols.count, let name = protocols[index] else {
      throw ApplicationFault("protocol \(index) is not declared")
    }
    return name
  }

  /// The class of a command; 0 stands for `usual`.
  func trafficClass(
    _ command: ApplicationCommand, usual: TrafficClass = .normal
  ) throws(ApplicationFault) -> TrafficClass {
    if command.header.tclass == 0 { return usual }
    guard let trafficClass = TrafficClass(rawValue: command.header.tclass) else {
      throw ApplicationFault("traffic class \(command.header.tclass)")
    }
    return trafficClass
  }

  func declareFlow(_ command: ApplicationCommand) throws(ApplicationFault) {
    guard command.header.id == UInt64(flows.count), flows.count < Int(APP_FLOWS) else {
      throw ApplicationFault("flow \(command.header.id) when the next one is \(flows.count)")
    }
    let name = try protocolName(command)
    let trafficClass = try trafficClass(command)
    let peer = node.core.peer(PeerHandle(rawValue: command.header.peer))
    flows.append(
      PortFlow(
        self, number: command.header.id, peer: peer?.id, name: name, trafficClass: trafficClass,
        isOrdered: !command.has(APP_FLAG_UNORDERED)))
    if let peer { node.core.want(peer.id, now: node.loop.now) }
  }

  @inline(__always)
  func send(_ command: ApplicationCommand) throws(ApplicationFault) {
    guard command.header.value < UInt64(flows.count) else {
      throw ApplicationFault("flow \(command.header.value) is not declared")
    }
    try flows[Int(truncatingIfNeeded: command.header.value)].accept(command, now: node.loop.now)
  }

  func cancel(_ command: ApplicationCommand) {
    if requests.byID[command.header.id] != nil {
      cancelRequest(command.header.id)
    } else if command.header.value < UInt64(flows.count) {
      flows[Int(truncatingIfNeeded: command.header.value)].cancel(command.header.id)
    }
  }

  func connect(_ command: ApplicationCommand) {
    guard let peer = node.core.peer(PeerHandle(rawValue: command.header.peer)) else { return }
    node.core.want(peer.id, now: node.loop.now)
  }

  func hint(_ command: ApplicationCommand) {
    switch command.header.id {
    case UInt64(MESH_HINT_BATTERY) where command.header.value <= 101: node.hints.battery = command.header.value
    case UInt64(MESH_HINT_METERED) where command.header.value <= 1: node.hints.isMetered = command.header.value == 1
    case UInt64(MESH_HINT_NETWORK): node.noteNetworkChange()
    default: break
    }
  }

  func broadcast(_ command: ApplicationCommand) throws(ApplicationFault) {
    let name = try protocolName(command)
    let trafficClass = try trafficClass(command)
    guard command.data.count <= MESH_DATAGRAM_MAX else { throw ApplicationFault("an unreliable message too large") }
    for peer in node.core.peers.values where !peer.links.isEmpty {
      do throws(NodeError) {
        try node.core.send(
          datagram: command.data, to: peer.id, protocol: name, trafficClass: trafficClass, now: node.loop.now)
      } catch { node.metrics.datagramsRefused.add() }
    }
  }
}
