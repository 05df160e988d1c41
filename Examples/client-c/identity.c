/* SPDX-License-Identifier: Apache-2.0
 * A key of your own, and signatures of a node. Usage: identity HOME KEYFILE */
#include "example.h"

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: identity HOME KEYFILE\n");
        return 2;
    }
    uint8_t made[MESH_ID_SIZE], loaded[MESH_ID_SIZE];
    char name[MESH_NAME_SIZE];
    must(mesh_identity_generate(argv[2], made), "making a key");
    must(mesh_identity_load(argv[2], loaded), "loading it");
    must(mesh_name_encode(loaded, name, sizeof name), "printing its name");
    printf("a new key: %s, %s\n", name, memcmp(made, loaded, sizeof made) == 0 ? "loaded again" : "DIFFERENT");
    if (mesh_identity_generate(argv[2], made) != MESH_E_EXISTS) {
        fprintf(stderr, "a key file was overwritten\n");
        return 1;
    }

    mesh_handle *node = open_home(argv[1], "identity");
    uint8_t id[MESH_ID_SIZE], signature[MESH_SIGNATURE_SIZE];
    static const char text[] = "I was here.", forged[] = "I was there.";
    must(mesh_id(node, id), "asking for the node's name");
    must(mesh_name_encode(id, name, sizeof name), "printing it");
    must(mesh_sign(node, text, sizeof text, signature), "signing");
    must(mesh_verify(id, text, sizeof text, signature), "verifying");
    printf("%s signed \"%s\"\n", name, text);
    if (mesh_verify(id, forged, sizeof forged, signature) != MESH_E_AUTH) {
        fprintf(stderr, "a forged text was accepted\n");
        return 1;
    }
    printf("a forged text is refused: %s\n", mesh_last_error());
    must(mesh_close(node, 1000), "closing");
    return 0;
}
