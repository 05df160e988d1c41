// SPDX-License-Identifier: Apache-2.0
//! libmesh as its header `mesh/mesh.h` declares it: names, types and ownership are those of C. The crate `mesh`
//! puts safe types above it.
//!
//! The tests compile a C program against the header and compare every size, offset, constant and signature.

#![deny(missing_docs)]
#![allow(non_camel_case_types)]

mod constants;
mod functions;
mod table;
mod types;

pub use constants::*;
pub use functions::*;
pub use table::mesh_api_1;
pub use types::*;
