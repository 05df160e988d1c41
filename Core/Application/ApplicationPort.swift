// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshControl
import MeshEventLoop
import MeshNode
import MeshWire

/// One application's place in a node: takes its commands, tells it events, and holds what it serves and has under way.
///
/// The same port stands behind a handle in the process and behind a connection to meshd. It belongs to the loop's
/// thread. Commands are read as they come; a flow or stream that the peer does not empty waits here, within the window
/// that the application was given, and holds up no other. `close` must be called in the end.
public final class ApplicationPort {
  /// The node it is a place in.
  public let node: Node
  /// What the application is called.
  public let name: String
  let sink: EventSink
  let control: ControlConnection
  private(set) var isClosed = false
  var controlFault: ApplicationFault?

  // What has to wait for the sink, in order; while there is anything, all other events wait too.
  var waiting = SlidingQueue<PortEvent>()
  /// The sink has refused a payload; the next `resume` tries again.
  var isSinkFull = false
  var isPumping = false
  /// Bit by number: peers whose name the application knows.
  var toldPeers: [UInt64] = []

  /// Names of protocols by their number.
  var protocols: [String?] = []
  var flows: [PortFlow] = []
  /// Flows whose credit has changed.
  var flowsToTell: [PortFlow] = []
  lazy var patience = FlowPatience(node: node)

  /// For those that the port keeps, or that may outlive it.
  let backlink = Backlink<ApplicationPort>()
  lazy var creditTurn = CreditTurn(backlink)
  var isCreditTurnWanted = false
  private var turnEndedAt: UInt64 = 0

  /// By protocol number.
  var served: [ServedProtocol?] = []
  var held = HeldMessages()
  /// Readers that found the sink or the protocol's window full.
  var blockedReaders: [PortReader] = []
  var hasReleased = false

  var streams: [UInt64: PortStream] = [:]
  var streamsToTell: [PortStream] = []
  var openedStreams = 0
  /// Those for which the peer has no room yet.
  var streamsToOpen: [PortStream] = []
  var lastStream: UInt64 = 0

  lazy var asker = PortAsker(self)
  var requests = PortRequests()
  /// Those for which the peer has no room yet, by its number.
  var requestsToMake: [UInt64: WaitingRequests] = [:]
  var answers: [UInt64: AnsweredRequest] = [:]
  var answerOf: [ServedRequestReference: UInt64] = [:]
  var answersToOffer: [AnsweredRequest] = []
  var answersToTell: [AnsweredRequest] = []
  /// Of requests that wait for the sink.
  var answeredBytes = 0
  var lastRequest: UInt64 = 0

  lazy var watcher = PortWatcher(self)
  var news = PortNews()
  var logTap: UInt64?
  var isSubscribed = false

  /// Answers that may wait for the sink before no more commands are read.
  private static let waitingLimit = 1024

  /// A place for an application called `name`, for logs; events go to `sink`.
  /// - Parameters:
  ///   - control: answers `APP_CONTROL`; see `NodeService` in MeshService for the methods of a node.
  ///   - access: which of those methods the application may call.
  ///   - credentials: who it is.
  public init(
    node: Node, sink: EventSink, name: String, control: ControlServer, access: ControlAccess,
    credentials: ControlCredentials = .ofThisProcess
  ) {
    self.node = node
    self.sink = sink
    self.name = name
    self.control = control.open(access: access, credentials: credentials, now: node.loop.now)
    backlink.lead(to: self)
  }

  deinit { backlink.clear() }

  /// False while so many answers wait for the sink that no command is read. Look again after `resume`.
  public var wantsCommands: Bool { waiting.count < Self.waitingLimit && control.wantsInput && !isClosed }

  /// Reads commands, all of them unless `wantsCommands` becomes false.
  /// - Parameter bytes: aligned to 8 bytes.
  /// - Returns: how many bytes were whole commands and have been read; the rest is to be given again with more.
  /// - Throws: when a command breaks the protocol; the application is to be cut off.
  public func submit(_ bytes: UnsafeRawBufferPointer) throws(ApplicationFault) -> Int {
    var at = 0
    while at < bytes.count, wantsCommands,
      let command = try ApplicationCommand(UnsafeRawBufferPointer(rebasing: bytes[at...]))
    {
      try carryOut(command)
      at += command.length
    }
    if let controlFault { throw controlFault }
    guard at > 0 else { return 0 }
    if hasReleased {
      hasReleased = false
      if !isSinkFull { unblockReaders() }
    }
    node.wantTurn()
    return at
  }

  /// The length of the command at the start of `bytes`, or 0 when that needs more bytes: a reader makes room for it.
  public static func length(of bytes: UnsafeRawBufferPointer) throws(ApplicationFault) -> Int {
    try ApplicationCommand.length(of: bytes)
  }

  private func carryOut(_ command: ApplicationCommand) throws(ApplicationFault) {
    switch command.header.kind {
    case APP_SEND: try send(command)
    case APP_RELEASE: try release(command)
    case APP_STREAM_DATA: try write(command)
    case APP_PROTOCOL: try declareProtocol(command)
    case APP_FLOW: try declareFlow(command)
    case APP_SERVE: try serve(command)
    case APP_UNSERVE: try unserve(command)
    case APP_CANCEL: cancel(command)
    case APP_STREAM_OPEN: try openStream(command)
    case APP_STREAM_FINISH: streams[command.header.id]?.finish()
    case APP_STREAM_RESET: resetStream(command)
    case APP_REQUEST: try request(command)
    case APP_REPLY: try reply(command)
    case APP_REFUSE: refuse(command)
    case APP_CONNECT: connect(command)
    case APP_BROADCAST: try broadcast(command)
    case APP_HINT: hint(command)
    case APP_CONTROL: try controlMessage(command)
    case APP_SUBSCRIBE: subscribe(command)
    default: throw ApplicationFault("a command of the unknown kind \(command.header.kind)")
    }
  }

  /// The sink has room again: tells what had to wait.
  public func resume() {
    guard !isClosed else { return }
    isSinkFull = false
    tellWaiting()
    if waiting.isEmpty {
      resumeRequests()
      resumeAnswers()
      unblockReaders()
    }
    node.wantTurn()
  }

  /// Called at the end of each turn of the node, after `Node` (a hook of the loop added later): tells credit.
  public func turnEnded() {
    turnEndedAt = node.loop.turns
    guard !isClosed else { return }
    tellWaiting()
    tellCredit()
    openWaiting()
    makeWaitingRequests()
  }

  /// Credit came behind the end of the turn.
  func creditTurnCame() {
    isCreditTurnWanted = false
    if turnEndedAt == node.loop.turns, !isClosed { tellCredit() }
  }

  /// The application is gone: what it serves is refused from now on, what it has sent goes on.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    node.removeListener(watcher)
    stopLog()
    for number in served.indices { stopServing(number) }
    // What was not released holds its reader, that the protocol, and that this port.
    held = HeldMessages()
    for stream in Array(streams.values) { stream.abandon() }
    streams = [:]
    closeRequests()
    for flow in flows { flow.close() }
    flows = []
    flowsToTell = []
    streamsToTell = []
    streamsToOpen = []
    blockedReaders = []
    waiting.removeAll()
    control.onOutput = nil
    control.inputEnded()
    node.wantTurn()
  }
}
