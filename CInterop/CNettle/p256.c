// SPDX-License-Identifier: Apache-2.0
#include <CNettle.h>
#include <nettle/bignum.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>

int cnettle_p256_public(const uint8_t *secret, uint8_t *x, uint8_t *y) {
    mpz_t number, across, up;
    struct ecc_scalar scalar;
    struct ecc_point point;
    const struct ecc_curve *curve = nettle_get_secp_256r1();
    nettle_mpz_init_set_str_256_u(number, 32, secret);
    mpz_inits(across, up, NULL);
    ecc_scalar_init(&scalar, curve);
    ecc_point_init(&point, curve);
    const int is_good = ecc_scalar_set(&scalar, number);
    if (is_good) {
        ecc_point_mul_g(&point, &scalar);
        ecc_point_get(&point, across, up);
        nettle_mpz_get_str_256(32, x, across);
        nettle_mpz_get_str_256(32, y, up);
    }
    mpz_set_ui(number, 0);
    mpz_clears(number, across, up, NULL);
    ecc_scalar_clear(&scalar);
    ecc_point_clear(&point);
    return is_good ? 0 : -1;
}
