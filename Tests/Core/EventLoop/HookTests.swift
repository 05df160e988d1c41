// SPDX-License-Identifier: Apache-2.0
import MeshEventLoop
import TestSupport
import Testing

/// Handlers that are added and taken off while a turn goes through them.
@Suite struct HookTests {
  private func recorders(_ count: Int) -> [Recorder] {
    (0..<count).map { _ in
      let recorder = Recorder()
      recorder.recordsHooks = true
      return recorder
    }
  }

  @Test func `Nobody is passed over when a handler before is taken off`() throws {
    let loop = try EventLoop()
    let recorders = recorders(3)
    for recorder in recorders { loop.addHook(recorder) }
    recorders[0].onCollect = { [unowned loop] in loop.removeHook(recorders[0]) }
    loop.runOnce()
    #expect(recorders.map(\.calls) == [["collect"], ["collect", "end"], ["collect", "end"]])
    recorders[1].onEnd = { [unowned loop] in for recorder in recorders { loop.removeHook(recorder) } }
    loop.runOnce()
    loop.runOnce()
    #expect(recorders.map { $0.calls.count } == [1, 4, 3], "who is taken off hears nothing more")
    for recorder in recorders { (recorder.onCollect, recorder.onEnd) = (nil, nil) }
  }

  @Test func `A handler that comes and goes within a turn lives until the turn is over`() throws {
    let loop = try EventLoop()
    let host = Recorder()
    loop.addHook(host)
    weak var guest: Recorder?
    host.onCollect = { [unowned loop] in
      let added = Recorder()
      added.onEnd = { [unowned loop, unowned added] in
        loop.removeHook(added)
        // Without the loop nobody keeps it now.
        added.calls.append("still there")
      }
      loop.addHook(added)
      guest = added
    }
    host.onEnd = { host.onCollect = nil }
    loop.runOnce()
    #expect(guest == nil)
    host.onEnd = nil
  }

  @Test(arguments: [false, true])
  func `A handler that closes the loop in its turn lives until the turn is over`(collects: Bool) throws {
    let loop = try EventLoop()
    weak var kept: Recorder?
    do {
      let recorder = Recorder()
      kept = recorder
      loop.addHook(recorder)
      let close = { [unowned loop, unowned recorder] in
        loop.close()
        recorder.calls.append("still there")
      }
      if collects { recorder.onCollect = close } else { recorder.onEnd = close }
    }
    #expect(kept != nil)
    loop.runOnce()
    #expect(kept == nil)
  }

  @Test func `A handler that is taken off and added again is called once a turn`() throws {
    let loop = try EventLoop()
    let recorder = recorders(1)[0]
    loop.addHook(recorder)
    recorder.onEnd = { [unowned loop] in
      loop.removeHook(recorder)
      loop.addHook(recorder)
    }
    loop.runOnce()
    recorder.onEnd = nil
    loop.runOnce()
    #expect(recorder.calls == ["collect", "end", "collect", "end"])
  }
}
