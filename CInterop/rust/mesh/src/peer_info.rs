// SPDX-License-Identifier: Apache-2.0

use std::mem::{size_of, MaybeUninit};
use std::time::Duration;

use mesh_sys as sys;

use crate::text::field;
use crate::{Error, Node, NodeId, Peer};

/// What is known of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerInfo {
    /// Its name.
    pub id: NodeId,
    /// Whether a link is confirmed.
    pub is_connected: bool,
    /// What it is called here; "" = nothing.
    pub alias: String,
    /// The transport in use; "" = none.
    pub transport: String,
    /// The smoothed round trip, when it is known.
    pub round_trip: Option<Duration>,
    /// Links that carry data now.
    pub links: u64,
    /// Of streams and messages, since the start.
    pub bytes_sent: u64,
    /// The same, received.
    pub bytes_received: u64,
}

impl PeerInfo {
    pub(crate) fn get(node: &Node, peer: Peer) -> Result<Self, Error> {
        // SAFETY: zeros are a valid value of it.
        let mut raw = unsafe { MaybeUninit::<sys::mesh_peer_info>::zeroed().assume_init() };
        raw.size = size_of::<sys::mesh_peer_info>() as u32;
        // SAFETY: a struct of the size it says.
        Error::check(unsafe { sys::mesh_peer_info_get(node.handle(), peer.0, &mut raw) })?;
        Ok(Self {
            id: NodeId::from_bytes(raw.id),
            is_connected: raw.connected != 0,
            alias: field(&raw.alias),
            transport: field(&raw.transport),
            round_trip: Some(raw.rtt_us).filter(|time| *time > 0).map(Duration::from_micros),
            links: raw.links,
            bytes_sent: raw.bytes_sent,
            bytes_received: raw.bytes_received,
        })
    }
}
