/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Statically linked: no library can be preloaded into it. Prints "pass" once it may go. */
#include "testlib.h"

int main(void)
{
    ready();
    wait_go();
    pass();
}
