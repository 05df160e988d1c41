// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What one of the two processes has to do, as it stands in its arguments.
struct ChildTask {
  let isClient: Bool
  let peer: String
  let workload: Workload
  let seconds: Double
  let cpu: Int
  /// For this pair alone: state, configuration, sockets.
  let folder: String
  let plugins: String

  init(isClient: Bool, peer: String, workload: Workload, options: Options, folder: String) {
    self.isClient = isClient
    self.peer = peer
    self.workload = workload
    seconds = options.seconds
    // Round trips are measured with both processes on one core, unless they are to be apart.
    cpu = isClient && (workload.shape != .pingPong || workload.isApart) ? options.cpus.1 : options.cpus.0
    self.folder = folder
    plugins = options.plugins
  }

  init?(_ arguments: [String]) {
    guard arguments.count == 9, arguments[1] == "--child", let seconds = Double(arguments[5]),
      let cpu = Int(arguments[6]), let workload = Workload.all.first(where: { $0.name == arguments[4] })
    else { return nil }
    isClient = arguments[2] == "client"
    peer = arguments[3]
    self.workload = workload
    self.seconds = seconds
    self.cpu = cpu
    folder = arguments[7]
    plugins = arguments[8]
  }

  var arguments: [String] {
    [
      "bench-session", "--child", isClient ? "client" : "server", peer, workload.name, "\(seconds)", "\(cpu)", folder,
      plugins,
    ]
  }

  /// Waits for the server to say where it is.
  func server() -> (id: String, address: String) {
    while Folder.read(invitation) == nil { usleep(1000) }
    let parts = (Folder.read(invitation) ?? "").split(separator: " ").map(String.init)
    guard parts.count == 2 else { Main.fail("the server said nothing of use") }
    return (parts[0], workload.isShaped ? ShapedPath.begin(to: parts[1], plugins: plugins) : parts[1])
  }

  var transport: String {
    switch peer {
    case "libmesh-ws": "websocket"
    case "libmesh-htx", "libmesh-htx-tcp": "htx"
    default: "unix"
    }
  }
  var listenAddress: String {
    switch peer {
    case "libmesh-ws": "ws://127.0.0.1:0/"
    case "libmesh-htx": "htx://127.0.0.1:0"
    case "libmesh-htx-tcp": "htx+tcp://127.0.0.1:0"
    default: "unix://\(folder)/link"
    }
  }
  /// Where the server writes its name and its address.
  var invitation: String { folder + "/invitation" }
}
