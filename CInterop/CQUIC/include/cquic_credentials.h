/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CQUIC_CREDENTIALS_H
#define CQUIC_CREDENTIALS_H

#include <stdint.h>

/* A certificate with its key, or the authorities to believe, and how TLS is set up. Must outlive its connections. */
typedef struct cquic_credentials cquic_credentials;

/* Bytes of a pin: SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469, 2.4). */
enum { CQUIC_PIN_LENGTH = 32 };

/* Each returns NULL on failure, with a code of GnuTLS in `error`. */
/* A P-256 key and a certificate for `name`, made in memory. */
cquic_credentials *cquic_credentials_self_made(const char *name, int *error);
/* A certificate chain and its key, PEM files. */
cquic_credentials *cquic_credentials_files(const char *certificate, const char *key, int *error);
/* No certificate; trusts the PEM file `authorities`, or the system's when it is NULL. */
cquic_credentials *cquic_credentials_authorities(const char *authorities, int *error);
/* A gnutls_certificate_credentials_t that stays its owner's and outlives these. */
cquic_credentials *cquic_credentials_lent(void *raw, int *error);
void cquic_credentials_free(cquic_credentials *credentials);

/* Application protocols in order of preference (RFC 7301): each a length byte and a name, `length` bytes in all. One of
 * them must be agreed upon. Returns 0, or a code of GnuTLS. */
int cquic_credentials_set_protocols(cquic_credentials *credentials, const uint8_t *list, uint32_t length);
/* The pin of this end's certificate; 0, or negative when there is none. */
int cquic_credentials_pin(const cquic_credentials *credentials, uint8_t pin[CQUIC_PIN_LENGTH]);
/* The sentence for a code of GnuTLS. */
const char *cquic_credentials_sentence(int error);

#endif
