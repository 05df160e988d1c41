// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

static void demand(const char *what, int code) {
    if (code < 0) bench_die(what, gnutls_strerror(code));
}

void certificate_make(char *certificate, char *key, size_t room) {
    gnutls_x509_privkey_t private_key;
    gnutls_x509_crt_t crt;
    size_t length = room;
    demand("key", gnutls_x509_privkey_init(&private_key));
    demand("key", gnutls_x509_privkey_generate(private_key, GNUTLS_PK_ECDSA,
                                               GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    demand("certificate", gnutls_x509_crt_init(&crt));
    demand("version", gnutls_x509_crt_set_version(crt, 3));
    demand("serial", gnutls_x509_crt_set_serial(crt, "\1", 1));
    demand("start", gnutls_x509_crt_set_activation_time(crt, time(NULL) - 3600));
    demand("end", gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 86400));
    demand("name", gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "localhost", 9));
    demand("alternative name", gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, "localhost", 9,
                                                                    GNUTLS_FSAN_SET));
    demand("certificate key", gnutls_x509_crt_set_key(crt, private_key));
    demand("sign", gnutls_x509_crt_sign2(crt, crt, private_key, GNUTLS_DIG_SHA256, 0));
    demand("export", gnutls_x509_crt_export(crt, GNUTLS_X509_FMT_PEM, certificate, &length));
    certificate[length] = 0;
    length = room;
    demand("export", gnutls_x509_privkey_export_pkcs8(private_key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, key,
                                                      &length));
    key[length] = 0;
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(private_key);
}
