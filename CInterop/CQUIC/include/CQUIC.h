/* SPDX-License-Identifier: Apache-2.0
 *
 * QUIC (RFC 9000, 9001, 9002) by ngtcp2 with TLS 1.3 by GnuTLS, and UDP in trains. No structure of either library is
 * seen here, so that their versions may change behind it. Nothing in here opens a descriptor (but cquic_udp.h), reads a
 * clock or waits: times are nanoseconds of one monotonic clock, chosen by the caller.
 */
#ifndef CQUIC_H
#define CQUIC_H

#include "cquic_address.h"
#include "cquic_connection.h"
#include "cquic_credentials.h"
#include "cquic_packet.h"
#include "cquic_parameters.h"
#include "cquic_tag.h"
#include "cquic_udp.h"

#endif
