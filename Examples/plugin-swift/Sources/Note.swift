// SPDX-License-Identifier: Apache-2.0

/// The ELF note: lets a listing tell what this file is without running any of it. Sizes of owner and text, type 1, the
/// owner, the text; byte by byte, because only literals can be placed in a section.
@section(".note.mesh") @used
private let note:
  (
    UInt32, UInt32, UInt32, (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8),
    (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8),
    (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8),
    (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8),
    (
      UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8,
      UInt8
    ), UInt8
  ) = (
    5, 51, 1, (0x6D, 0x65, 0x73, 0x68, 0, 0, 0, 0),
    // id=loopback
    (0x69, 0x64, 0x3D, 0x6C, 0x6F, 0x6F, 0x70, 0x62, 0x61, 0x63, 0x6B, 0x0A),
    // version=1.0.0
    (0x76, 0x65, 0x72, 0x73, 0x69, 0x6F, 0x6E, 0x3D, 0x31, 0x2E, 0x30, 0x2E, 0x30, 0x0A),
    // abi=1.0
    (0x61, 0x62, 0x69, 0x3D, 0x31, 0x2E, 0x30, 0x0A),
    // schemes=loopback
    (
      0x73, 0x63, 0x68, 0x65, 0x6D, 0x65, 0x73, 0x3D, 0x6C, 0x6F, 0x6F, 0x70, 0x62, 0x61, 0x63, 0x6B, 0x0A
    ), 0
  )
