// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The two processes of one workload.
struct ProcessPair {
  let peer: String
  let workload: Workload
  let options: Options

  /// False when no figure came out.
  func run() -> Bool {
    // In memory: a link of HTX waits until its ticket is on the disk.
    let parent = getenv("MESH_BENCH_FOLDER").map { String(cString: $0) } ?? "/dev/shm"
    var template = Array("\(parent)/mesh-bench.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { Main.fail("no temporary folder: \(errno)") }
    let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) }
    defer { Folder.remove(folder) }
    // Children end when this pipe does, so that none is left behind whatever happens to this process.
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { Main.fail("pipe: \(errno)") }
    defer { for end in ends { close(end) } }
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    let server = spawn(isClient: false, folder, ends[0])
    let client = spawn(isClient: true, folder, ends[0])
    var status: Int32 = 0
    waitpid(client, &status, 0)
    kill(server, SIGKILL)
    waitpid(server, nil, 0)
    return status == 0
  }

  private func spawn(isClient: Bool, _ folder: String, _ input: Int32) -> pid_t {
    let task = ChildTask(isClient: isClient, peer: peer, workload: workload, options: options, folder: folder)
    var arguments: [UnsafeMutablePointer<CChar>?] = task.arguments.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    arguments.append(nil)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    var pid: pid_t = 0
    let code = posix_spawn(&pid, "/proc/self/exe", &actions, nil, arguments, environ)
    guard code == 0 else { Main.fail("posix_spawn: \(code)") }
    return pid
  }
}
