/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Whether a command that has just been started is statically linked, also before its process has become it. */
#include "unit.h"

#include "supervisor/static_command.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void program_make(const char *name, uint32_t segment)
{
    struct {
        Elf64_Ehdr header;
        Elf64_Phdr segment;
    } program = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
                   .e_phoff = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 1},
        .segment = {.p_type = segment}};
    int fd = open(name, O_WRONLY | O_CREAT, 0700);

    CHECK(fd >= 0 && write(fd, &program, sizeof(program)) == sizeof(program));
    close(fd);
}

TEST(a_process_that_is_not_yet_its_command_does_not_count)
{
    program_make("static", PT_LOAD);
    program_make("dynamic", PT_INTERP);

    CHECK(command_is_static(getpid(), "./static"));
    CHECK(!command_is_static(getpid(), "./dynamic"));
    setenv("PATH", "/nowhere:.", 1);
    CHECK(command_is_static(getpid(), "static"));
    CHECK(!command_is_static(getpid(), "dynamic"));
    CHECK(!command_is_static(getpid(), "missing"));
}

TEST(a_process_counts_more_than_the_name_of_its_command)
{
    int go[2];

    program_make("static", PT_LOAD);
    CHECK(pipe(go) == 0);
    pid_t pid = vfork();
    if (pid == 0) {
        dup2(go[0], STDIN_FILENO);
        close(go[1]);
        execl("/bin/cat", "cat", NULL);
        _exit(127);
    }
    CHECK(pid > 0);
    /* It waits for input: what the kernel says of it then is its command. */
    for (char state = 0; state != 'S';) {
        char path[64], text[256] = "";
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        int fd = open(path, O_RDONLY);
        CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
        close(fd);
        state = strncmp(strchr(text, '('), "(cat) ", 6) == 0 ? strrchr(text, ')')[2] : 0;
    }
    CHECK(!command_is_static(pid, "./static"));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    CHECK(command_is_static(pid, "./static")); /* it has ended */
}
