/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A library loaded with dlopen, its state and its code; another one is loaded after the restart. */
#include "testlib.h"
#include <dlfcn.h>

static void *symbol(void *lib, const char *name)
{
    void *p = lib == NULL ? NULL : dlsym(lib, name);

    CHECK(p != NULL, "%s: %s", name, dlerror());
    return p;
}

int main(void)
{
    void *math = dlopen("libm.so.6", RTLD_NOW), *late;
    double (*gamma)(double) = (double (*)(double))symbol(math, "lgamma");
    int *sign = symbol(math, "signgam");
    Dl_info before, after;

    CHECK(gamma(-0.5) > 1.26 && gamma(-0.5) < 1.27, "lgamma before");
    CHECK(*sign == -1, "state of the library before");
    CHECK(dladdr((void *)gamma, &before) != 0, "dladdr");
    ready();
    wait_go();
    if (sabotaged())
        *sign = 1;
    CHECK(*sign == -1, "state of the library");
    CHECK(gamma(5) > 3.178 && gamma(5) < 3.179, "lgamma after");
    CHECK(dladdr((void *)gamma, &after) != 0 && after.dli_fbase == before.dli_fbase, "it moved");
    late = dlopen("libresolv.so.2", RTLD_NOW);
    symbol(late, "ns_get16");
    CHECK(dlclose(late) == 0 && dlclose(math) == 0, "dlclose: %s", dlerror());
    pass();
}
