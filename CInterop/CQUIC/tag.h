/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CQUIC_TAG_PRIVATE_H
#define CQUIC_TAG_PRIVATE_H

/* Bits of an id's end that follow from the rest. */
enum { CHECK_BITS = 20, CHECK_MASK = (1 << CHECK_BITS) - 1 };

/* HalfSipHash-2-4 (Aumasson and Bernstein, SipHash's reference code): its constants, the block that ends a message of eight
 * bytes, what is added to the state after it, and its rounds. */
enum { SIP_2 = 0x6c796765, SIP_3 = 0x74656462, SIP_LENGTH = 8 << 24, SIP_END = 0xff };
enum { SIP_BLOCK_ROUNDS = 2, SIP_END_ROUNDS = 4 };

#endif
