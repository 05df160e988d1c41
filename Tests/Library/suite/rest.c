#include "suite.h"
const test handle_tests[] = {{NULL, NULL}};
const test manner_tests[] = {{NULL, NULL}};
const test home_tests[] = {{NULL, NULL}};
