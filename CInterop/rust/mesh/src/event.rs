// SPDX-License-Identifier: Apache-2.0

use mesh_sys as sys;

use crate::text::readable;
use crate::{Data, Error, IncomingStream, Lent, Message, MessageId, Node, Peer, Question, Reply, RequestId, StreamId};

/// What happened to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkState {
    /// It carries data.
    Confirmed,
    /// It has been silent for longer than it should.
    Suspect,
    /// It carries data again.
    Recovered,
    /// It ended in an orderly way.
    Closed,
    /// It died.
    Failed,
    /// A state of a later version of the library.
    Other(u64),
}

/// Something that happened. Ignore what you do not know: later versions have more.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'b> {
    /// A message for a protocol that is served here.
    Message(Message<'b>),
    /// A message has left this node; asked for with [`crate::SendOptions::tell_sent`].
    Sent {
        /// Which.
        message: MessageId,
        /// Your word.
        token: u64,
    },
    /// No link could carry a message, and it is kept on disk until one can; asked for with
    /// [`crate::SendOptions::tell_stored`].
    Stored {
        /// Which.
        message: MessageId,
        /// Your word.
        token: u64,
    },
    /// What became of a message: Ok = the receiving application has released it.
    Settled {
        /// Which.
        message: MessageId,
        /// Your word.
        token: u64,
        /// Delivered, or why not.
        result: Result<(), Error>,
    },
    /// A peer opened a stream; [`crate::Node::stream`] takes it.
    Stream(IncomingStream<'b>),
    /// Bytes of a stream.
    Data(Data<'b>),
    /// The peer's side of a stream has ended.
    StreamEnd {
        /// Which.
        stream: StreamId,
        /// Your word.
        token: u64,
        /// Finished, or why it died.
        result: Result<(), Error>,
        /// With `ErrorCode::Reset`: the peer's own number.
        number: u64,
    },
    /// The peer reads no more of a stream.
    StreamStop {
        /// Which.
        stream: StreamId,
        /// Your word.
        token: u64,
        /// The peer's own number.
        number: u64,
    },
    /// A request for a protocol that is served here.
    Request(Question<'b>),
    /// A reply to a request of ours.
    Reply(Reply<'b>),
    /// No more replies to a request of ours.
    RequestEnd {
        /// Which.
        request: RequestId,
        /// Your word.
        token: u64,
        /// Answered, or why not; with `ErrorCode::Refused` the server's sentence.
        result: Result<(), Error>,
        /// With `ErrorCode::Refused`: the server's own number.
        number: u64,
    },
    /// The asker of a request has cancelled it, or its deadline passed: an answer is of no use.
    RequestGone {
        /// Which.
        request: RequestId,
        /// Your word.
        token: u64,
    },
    /// What `ErrorCode::Again` was answered for has room again.
    Room {
        /// The stream, if it was one.
        stream: Option<StreamId>,
        /// The peer.
        peer: Peer,
    },
    /// A peer is connected, or its last link is gone.
    Peer {
        /// Which.
        peer: Peer,
        /// Connected, or why not any more.
        result: Result<(), Error>,
        /// For people.
        sentence: &'b str,
    },
    /// Something happened to one link of a peer.
    Link {
        /// Which.
        peer: Peer,
        /// What.
        state: LinkState,
        /// By which transport.
        transport: &'b str,
        /// Ok, or why it is gone.
        result: Result<(), Error>,
        /// For people.
        sentence: &'b str,
    },
    /// A transport runs and listens, or does not.
    Transport {
        /// Which.
        transport: &'b str,
        /// Ok, or why not.
        result: Result<(), Error>,
        /// Where it listens.
        sentence: &'b str,
    },
    /// The daemon is gone (it is attached to again), or is back. What was accepted is sent again.
    Home {
        /// Back, or `ErrorCode::Reset`.
        result: Result<(), Error>,
    },
    /// A line of the node's log.
    Log {
        /// 1 error, 2 warning, 3 information, 4 debugging.
        level: u64,
        /// The line.
        line: &'b str,
    },
    /// A peer was restarted; its streams and requests end by themselves.
    Restarted {
        /// Which.
        peer: Peer,
    },
    /// A kind of a later version of the library.
    Other(u32),
}

impl<'b> Event<'b> {
    /// # Safety
    /// The event is the library's, and what it points to stays for `'b`.
    pub(crate) unsafe fn new(node: &'b Node, event: &'b sys::mesh_event) -> Self {
        // SAFETY: the caller's promise.
        let lent = unsafe { Lent::new(event) };
        let text = || (readable(lent.bytes()), readable(lent.meta()));
        let (token, number, peer) = (event.token, event.value, lent.peer());
        let (message, stream, request) = (MessageId(event.id), StreamId(event.id), RequestId(event.id));
        let result = |sentence| Error::of_event(event.code, sentence);
        match event.kind {
            sys::MESH_ON_MESSAGE => Self::Message(Message(lent)),
            sys::MESH_ON_SENT => Self::Sent { message, token },
            sys::MESH_ON_STORED => Self::Stored { message, token },
            sys::MESH_ON_SETTLED => Self::Settled { message, token, result: result("the message was not delivered") },
            sys::MESH_ON_STREAM => Self::Stream(IncomingStream(lent)),
            sys::MESH_ON_DATA => Self::Data(Data(lent)),
            sys::MESH_ON_STREAM_END => Self::StreamEnd { stream, token, result: result("the stream died"), number },
            sys::MESH_ON_STREAM_STOP => Self::StreamStop { stream, token, number },
            sys::MESH_ON_REQUEST => Self::Request(Question { node, lent }),
            sys::MESH_ON_REPLY => Self::Reply(Reply(lent)),
            sys::MESH_ON_REQUEST_END => Self::RequestEnd { request, token, result: result(text().0), number },
            sys::MESH_ON_REQUEST_GONE => Self::RequestGone { request, token },
            sys::MESH_ON_ROOM => Self::Room { stream: Some(stream).filter(|id| id.0 != 0), peer },
            sys::MESH_ON_PEER => Self::Peer { peer, result: result(text().0), sentence: text().0 },
            sys::MESH_ON_LINK => {
                let (data, transport) = text();
                let state = match event.value {
                    sys::MESH_LINK_CONFIRMED => LinkState::Confirmed,
                    sys::MESH_LINK_SUSPECT => LinkState::Suspect,
                    sys::MESH_LINK_RECOVERED => LinkState::Recovered,
                    sys::MESH_LINK_CLOSED => LinkState::Closed,
                    sys::MESH_LINK_FAILED => LinkState::Failed,
                    other => LinkState::Other(other),
                };
                Self::Link { peer, state, transport, result: result(data), sentence: data }
            }
            sys::MESH_ON_TRANSPORT => {
                let (data, transport) = text();
                Self::Transport { transport, result: result(data), sentence: data }
            }
            sys::MESH_ON_HOME => Self::Home { result: result("the daemon is gone") },
            sys::MESH_ON_LOG => Self::Log { level: event.value, line: text().0 },
            sys::MESH_ON_RESTARTED => Self::Restarted { peer },
            other => Self::Other(other),
        }
    }
}
