#include <sodium.h>

#include "x25519_base.h"
