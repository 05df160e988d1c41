// SPDX-License-Identifier: Apache-2.0
//! What a node knows and says of itself and its peers.

use std::ffi::CString;
use std::ptr;

use mesh_sys as sys;

use crate::text::{c_string, grown};
use crate::{Error, Node, NodeId, Peer, PeerInfo, Signature};

impl Node {
    /// The node's name.
    pub fn id(&self) -> Result<NodeId, Error> {
        let mut id = [0; sys::MESH_ID_SIZE];
        // SAFETY: room for 32 bytes.
        Error::check(unsafe { sys::mesh_id(self.handle(), id.as_mut_ptr()) })?;
        Ok(NodeId::from_bytes(id))
    }

    /// Signs with the node's key, at most 1 MiB; [`NodeId::verify`] checks it.
    pub fn sign(&self, data: &[u8]) -> Result<Signature, Error> {
        let mut signature = [0; sys::MESH_SIGNATURE_SIZE];
        // SAFETY: a pointer with its length, and room for 64 bytes.
        Error::check(unsafe {
            sys::mesh_sign(self.handle(), data.as_ptr().cast(), data.len(), signature.as_mut_ptr())
        })?;
        Ok(signature)
    }

    /// The line that [`Node::add_peer`] or `meshctl peers add` takes elsewhere: this node's name and addresses.
    pub fn invite(&self) -> Result<String, Error> {
        // SAFETY: room with its size.
        grown(|text, size, needed| unsafe { sys::mesh_invite(self.handle(), text, size, needed) })
    }

    /// A peer by its name (`mesh1...`) or by what the configuration calls it.
    pub fn find_peer(&self, name: &str) -> Result<Peer, Error> {
        let name = c_string(name.as_bytes(), "the peer's name")?;
        let mut peer = 0;
        // SAFETY: text with its NUL.
        Error::check(unsafe { sys::mesh_peer_find(self.handle(), name.as_ptr(), &mut peer) })?;
        Ok(Peer(peer))
    }

    /// Lets a peer in and remembers it: `invitation` is a line of [`Node::invite`], `alias` what it is called here.
    pub fn add_peer(&self, invitation: &str, alias: Option<&str>) -> Result<Peer, Error> {
        let invitation = c_string(invitation.as_bytes(), "the invitation")?;
        let alias: Option<CString> = alias.map(|alias| c_string(alias.as_bytes(), "the alias")).transpose()?;
        let alias = alias.as_ref().map_or(ptr::null(), |alias| alias.as_ptr());
        let mut peer = 0;
        // SAFETY: texts with their NUL, alive for the call.
        Error::check(unsafe { sys::mesh_peer_add(self.handle(), invitation.as_ptr(), alias, &mut peer) })?;
        Ok(Peer(peer))
    }

    /// Forgets a peer that was added; its session ends.
    pub fn remove_peer(&self, peer: Peer) -> Result<(), Error> {
        // SAFETY: takes numbers.
        Error::check(unsafe { sys::mesh_peer_remove(self.handle(), peer.0) }).map(drop)
    }

    /// What is known of a peer.
    pub fn peer_info(&self, peer: Peer) -> Result<PeerInfo, Error> {
        PeerInfo::get(self, peer)
    }

    /// Every known peer.
    pub fn peers(&self) -> Result<Vec<Peer>, Error> {
        let mut numbers = vec![0; 256];
        loop {
            let mut total = 0;
            let (room, count) = (numbers.as_mut_ptr(), numbers.len() as u32);
            // SAFETY: room for as many numbers as is said.
            let written = Error::check(unsafe { sys::mesh_peers(self.handle(), room, count, &mut total) })?;
            if total <= count {
                numbers.truncate(written as usize);
                return Ok(numbers.into_iter().map(Peer).collect());
            }
            numbers = vec![0; total as usize + 16];
        }
    }

    /// Which paths to the peer were considered, what each did last, which was chosen and why: JSON.
    pub fn why(&self, peer: Peer) -> Result<String, Error> {
        // SAFETY: room with its size.
        grown(|text, size, needed| unsafe { sys::mesh_why(self.handle(), peer.0, text, size, needed) })
    }

    /// Counters and histograms of the node as Prometheus text.
    pub fn metrics(&self) -> Result<String, Error> {
        // SAFETY: room with its size.
        grown(|text, size, needed| unsafe { sys::mesh_metrics(self.handle(), text, size, needed) })
    }

    /// The node's status (transports, listeners, peers, plugins) as JSON.
    pub fn status(&self) -> Result<String, Error> {
        // SAFETY: room with its size.
        grown(|text, size, needed| unsafe { sys::mesh_status(self.handle(), text, size, needed) })
    }
}
