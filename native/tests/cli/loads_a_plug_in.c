/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* loads_a_plug_in LIBRARY: calls plug_in() in it, which must give 4711. Built against musl. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char *argv[])
{
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    int (*plug_in)(const char *) = NULL;

    if (library != NULL)
        *(void **)&plug_in = dlsym(library, "plug_in");
    if (plug_in == NULL) {
        printf("fail: %s\n", dlerror());
        return 1;
    }
    int got = plug_in("x");
    printf(got == 4711 ? "pass\n" : "fail: %d\n", got);
    return got != 4711;
}
