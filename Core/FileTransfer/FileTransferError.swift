// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import MeshNode

/// Why a file was not sent. Every case names the file and says what to do, in `text` and `advice`.
public enum FileTransferError: Error, Equatable, Sendable {
  /// The file cannot be opened or read here.
  case unreadable(file: String, reason: String)
  /// The file changed while it was sent.
  case changed(file: String)
  /// The receiver said no.
  case refused(file: String, FileRefusal)
  /// The peer does not serve the protocol, does not allow us, or closed the stream with a code for good.
  case closed(file: String, code: UInt64)
  /// No progress for as long as the sender's patience allows.
  case stalled(file: String, seconds: UInt64)
  /// The node does not know the peer.
  case unknownPeer(file: String)
  /// The receiver has less than it had confirmed, and the source cannot go back so far.
  case cannotGoBack(file: String, offset: UInt64)
  /// The receiver broke the rules.
  case malformedAnswer(file: String)
  /// Given up on request.
  case cancelled(file: String)

  /// What went wrong, a sentence without a full stop.
  public var text: String {
    switch self {
    case .unreadable(let file, let reason): "'\(file)' cannot be read: \(reason)"
    case .changed(let file): "'\(file)' has changed while it was being sent"
    case .refused(let file, let refusal): "'\(file)' was not accepted: \(FileName.printable(refusal.text))"
    case .closed(let file, StreamCode.noSuchProtocol): "'\(file)' was not sent: the peer takes no files"
    case .closed(let file, StreamCode.notAllowed): "'\(file)' was not sent: the peer does not take files from this node"
    case .closed(let file, let code): "'\(file)' was not sent: the peer closed the stream (\(StreamCode.name(code)))"
    case .stalled(let file, let seconds): "'\(file)' was not sent: no progress for \(seconds) seconds"
    case .unknownPeer(let file): "'\(file)' was not sent: the peer is not known here"
    case .cannotGoBack(let file, let offset):
      "'\(file)' was not sent: the receiver lost what it had and now wants it from byte \(offset)"
    case .malformedAnswer(let file): "'\(file)' was not sent: the peer's answers do not follow the protocol"
    case .cancelled(let file): "'\(file)' was not sent: it was given up on request"
    }
  }

  /// What to do about it, a sentence.
  public var advice: String {
    switch self {
    case .unreadable: "Check the path and its permissions."
    case .changed: "Send it again when nothing writes to it."
    case .refused(_, let refusal): Self.advice(refusal.code)
    case .closed(_, StreamCode.noSuchProtocol): "Set a folder for received files in the peer's configuration."
    case .closed(_, StreamCode.notAllowed): "Let the peer's operator allow this node to send files."
    case .closed, .stalled: "Run the same command again: it goes on where it stopped."
    case .unknownPeer: "Add the peer first, with 'meshctl peers add'."
    case .cannotGoBack: "Run the same command again: it goes on from there."
    case .malformedAnswer: "Check that both sides run versions that fit."
    case .cancelled: "Run the same command again to go on."
    }
  }

  private static func advice(_ code: FileRefusal.Code) -> String {
    switch code {
    case .exists: "Choose another name, or use '--force' to replace it."
    case .badName: "Give another name after the colon, as in 'PEER:NAME'."
    case .noSpace: "Free some space at the receiver and run the same command again: it goes on where it stopped."
    case .tooLarge: "Split the file, or let the receiver's operator raise the limit."
    case .inUse, .busy: "Wait until other transfers have ended and run the same command again."
    case .mismatch: "Run the same command again; if it repeats, check the memory and disks of both machines."
    case .storage: "Look at the receiver's folder: permissions, and what stands under that name."
    case .malformed: "Check that both sides run versions that fit."
    }
  }
}
