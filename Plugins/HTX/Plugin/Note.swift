// SPDX-License-Identifier: Apache-2.0

/// The ELF note of mesh_plugin.h: sizes of owner and descriptor, type 1, the owner, then the text, byte by byte because
/// only literals can be placed in a section. `Information.version` and the schemes say the same (MPA-01).
@section(".note.mesh") @used
private let note:
  (
    UInt32, UInt32, UInt32, (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8),
    (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8),
    (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8),
    (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8),
    (
      UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8,
      UInt8, UInt8, UInt8, UInt8
    ),
    (UInt8, UInt8, UInt8)
  ) = (
    5, 49, 1, (0x6D, 0x65, 0x73, 0x68, 0, 0, 0, 0),
    // id=htx
    (0x69, 0x64, 0x3D, 0x68, 0x74, 0x78, 0x0A),
    // version=1.0.0
    (0x76, 0x65, 0x72, 0x73, 0x69, 0x6F, 0x6E, 0x3D, 0x31, 0x2E, 0x30, 0x2E, 0x30, 0x0A),
    // abi=1.0
    (0x61, 0x62, 0x69, 0x3D, 0x31, 0x2E, 0x30, 0x0A),
    // schemes=htx,htx+tcp
    (
      0x73, 0x63, 0x68, 0x65, 0x6D, 0x65, 0x73, 0x3D, 0x68, 0x74, 0x78, 0x2C, 0x68, 0x74, 0x78, 0x2B, 0x74, 0x63, 0x70,
      0x0A
    ),
    (0, 0, 0)
  )
