// SPDX-License-Identifier: Apache-2.0
//! The numbers that name things of a node. A number that is no longer valid is answered with `ErrorCode::Stale`.

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) u64);

        impl $name {
            /// The number that `mesh.h` knows it by.
            pub fn raw(self) -> u64 {
                self.0
            }
        }
    };
}

number! {
    /// A peer of a node; valid as long as the node is open.
    Peer
}
number! {
    /// A message that was accepted for sending.
    MessageId
}
number! {
    /// A stream.
    StreamId
}
number! {
    /// A request, asked or answered here.
    RequestId
}
