// SPDX-License-Identifier: Apache-2.0
import MeshLibrary

/// What libmesh.so.1 is linked from: everything is in MeshLibrary, the flags of the linker belong to this target.
enum Product {}
