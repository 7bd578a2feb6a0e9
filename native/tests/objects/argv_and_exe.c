/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* /proc/self/cmdline, exe, comm, environ, auxv and what stat says of the layout are those of this program, ps(1) and
 * another process see the same, argv[] can still be rewritten, and arguments that have been moved (PR_SET_MM) stay where
 * they are. */
#include "testlib.h"
#include <linux/prctl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>

enum {
    START_CODE = 26,
    END_CODE,
    START_STACK,
    START_DATA = 45,
    END_DATA,
    START_BRK,
    ARG_START,
    FIELDS = 52
};

static ssize_t slurp(const char *path, char *buf, size_t size)
{
    int fd = MUST(open(path, O_RDONLY));
    ssize_t n = MUST(read(fd, buf, size));

    close(fd);
    return n;
}

/* The fields of /proc/self/stat that tell where what lies, by their numbers in proc(5); the others 0. */
static void layout_read(unsigned long fields[FIELDS])
{
    char text[1024];
    ssize_t n = slurp("/proc/self/stat", text, sizeof(text) - 1);

    text[n] = 0;
    memset(fields, 0, FIELDS * sizeof(fields[0]));
    char *at = strrchr(text, ')') + 1;
    for (int i = 3; i < FIELDS; i++) {
        at += strspn(at, " ");
        if ((i >= START_CODE && i <= START_STACK) || i >= START_DATA)
            fields[i] = strtoul(at, NULL, 10);
        at += strcspn(at, " ");
    }
}

/* As setproctitle(3) of today does it. */
static void arguments_move(unsigned long fields[FIELDS])
{
    static const char title[] = "a title\0of its own";
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(page != MAP_FAILED, "mmap");
    memcpy(page, title, sizeof(title));
    layout_read(fields);
    struct prctl_mm_map map = {
        .start_code = fields[START_CODE],
        .end_code = fields[END_CODE],
        .start_data = fields[START_DATA],
        .end_data = fields[END_DATA],
        .start_brk = fields[START_BRK],
        .brk = (unsigned long)sbrk(0),
        .start_stack = fields[START_STACK],
        .arg_start = (unsigned long)page,
        .arg_end = (unsigned long)page + sizeof(title),
        .env_start = fields[ARG_START + 2],
        .env_end = fields[ARG_START + 3],
        .exe_fd = (unsigned)-1,
    };
    MUST(prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0));
}

/* In a child: what others see of us. */
static void ps_read(char *line, size_t size)
{
    char command[64];

    snprintf(command, sizeof(command), "ps -o args= -p %d", (int)getpid());
    FILE *ps = popen(command, "re");
    CHECK(ps != NULL && fgets(line, (int)size, ps) != NULL, "ps");
    pclose(ps);
}

static void moved_main(void)
{
    char cmdline[256], after[256], seen[256], seen_after[256];
    unsigned long fields[FIELDS], fields_after[FIELDS];

    arguments_move(fields);
    layout_read(fields);
    ssize_t n = slurp("/proc/self/cmdline", cmdline, sizeof(cmdline));
    CHECK(n == 19 && strcmp(cmdline, "a title") == 0, "%zd bytes of cmdline", n);
    ps_read(seen, sizeof(seen));
    touch("moved");
    wait_go();
    CHECK(slurp("/proc/self/cmdline", after, sizeof(after)) == n &&
              memcmp(cmdline, after, (size_t)n) == 0,
          "the cmdline that had moved is %s", after);
    ps_read(seen_after, sizeof(seen_after));
    CHECK(strcmp(seen, seen_after) == 0 && strncmp(seen, "a title", 7) == 0, "ps: %s", seen_after);
    layout_read(fields_after);
    CHECK(memcmp(fields, fields_after, sizeof(fields)) == 0, "the layout that had moved differs");
    exit(0);
}

int main(int argc, char **argv)
{
    static char cmdline[4096], after[4096], environment[65536], environment_after[65536];
    static char auxv[1024], auxv_after[1024];
    unsigned long fields[FIELDS], fields_after[FIELDS];
    char exe[PATH_MAX] = "", exe_after[PATH_MAX] = "", comm[32] = "";

    if (argc == 1) {
        execl(argv[0], argv[0], "second argument", "", "last", (char *)NULL);
        fail("exec: %s", strerror(errno));
    }
    MUST(prctl(PR_SET_NAME, "a name (odd)"));
    MUST(readlink("/proc/self/exe", exe, sizeof(exe) - 1));
    ssize_t n = slurp("/proc/self/cmdline", cmdline, sizeof(cmdline));
    ssize_t e = slurp("/proc/self/environ", environment, sizeof(environment));
    unsigned long entry = getauxval(AT_ENTRY), phdr = getauxval(AT_PHDR);
    ssize_t a = slurp("/proc/self/auxv", auxv, sizeof(auxv));
    pid_t moved = MUST(fork());
    if (moved == 0)
        moved_main();
    wait_for("moved", false);
    layout_read(fields);
    ready();
    wait_go();
    expect_exit(moved, 0);
    if (sabotaged())
        argv[1][0] = 'X';
    CHECK(slurp("/proc/self/cmdline", after, sizeof(after)) == n &&
              memcmp(cmdline, after, (size_t)n) == 0,
          "/proc/self/cmdline changed to %s %s", after, after + strlen(after) + 1);
    CHECK(slurp("/proc/self/environ", environment_after, sizeof(environment_after)) == e &&
              memcmp(environment, environment_after, (size_t)e) == 0,
          "/proc/self/environ changed");
    MUST(readlink("/proc/self/exe", exe_after, sizeof(exe_after) - 1));
    CHECK(strcmp(exe, exe_after) == 0, "/proc/self/exe was %s, is %s", exe, exe_after);
    slurp("/proc/self/comm", comm, sizeof(comm));
    CHECK(strcmp(comm, "a name (odd)\n") == 0, "/proc/self/comm is %s", comm);
    CHECK(slurp("/proc/self/auxv", auxv_after, sizeof(auxv_after)) == a &&
              memcmp(auxv, auxv_after, (size_t)a) == 0,
          "/proc/self/auxv changed");
    layout_read(fields_after);
    for (int i = 0; i < FIELDS; i++)
        CHECK(fields[i] == fields_after[i], "field %d of /proc/self/stat was %lx, is %lx", i,
              fields[i], fields_after[i]);
    CHECK(getauxval(AT_ENTRY) == entry && getauxval(AT_PHDR) == phdr, "auxiliary vector");
    argv[1][0] = 'S';
    slurp("/proc/self/cmdline", after, sizeof(after));
    CHECK(after[strlen(argv[0]) + 1] == 'S', "a rewritten argument does not show in cmdline");
    pass();
}
