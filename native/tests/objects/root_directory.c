/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A process of root's that has moved to another root directory, with a thread, files and a working directory there,
 * stays in it. An ordinary user's, which may not, keeps the one it has. */
#include "testlib.h"
#include <pthread.h>

static int ends[2];

static ino_t inode_of(const char *path)
{
    struct stat status;

    MUST(stat(path, &status));
    return status.st_ino;
}

static void *thread_main(void *ret)
{
    char cwd[PATH_MAX];
    char byte;

    CHECK(read(ends[0], &byte, 1) == 1, "the pipe");
    CHECK(getcwd(cwd, sizeof(cwd)) != NULL && strcmp(cwd, "/sub") == 0, "the thread is in '%s'",
          cwd);
    CHECK(access("/sub/file", F_OK) == 0 && access("/etc", F_OK) < 0,
          "the thread's root directory");
    *(bool *)ret = true;
    return NULL;
}

static void inside_main(const int ready_end)
{
    pthread_t thread;
    bool done = false;
    char word[8] = "", cwd[PATH_MAX];

    MUST(mkdir("jail", 0755));
    MUST(mkdir("jail/sub", 0755));
    moment(false); /* whoever waits has a checkpoint thread */
    MUST(chroot("jail"));
    MUST(chdir("/sub"));
    int fd = MUST(open("/sub/file", O_RDWR | O_CREAT, 0600));
    MUST(write(fd, "inside", 6));
    int top = MUST(open("/", O_RDONLY | O_DIRECTORY));
    ino_t root = inode_of("/");
    CHECK(pthread_create(&thread, NULL, thread_main, &done) == 0, "pthread_create");
    MUST(write(ready_end, "x", 1));
    CHECK(pthread_join(thread, NULL) == 0 && done, "the thread");
    if (sabotaged())
        MUST(fchdir(top));
    CHECK(getcwd(cwd, sizeof(cwd)) != NULL && strcmp(cwd, "/sub") == 0, "the process is in '%s'",
          cwd);
    CHECK(inode_of("/") == root && inode_of("/..") == root, "the root directory is another");
    CHECK(access("/etc", F_OK) < 0 && errno == ENOENT, "what is outside can be seen");
    CHECK(pread(fd, word, 6, 0) == 6 && strcmp(word, "inside") == 0, "the file holds '%s'", word);
    MUST(unlink("file"));
    MUST(unlinkat(top, "sub", AT_REMOVEDIR));
    _exit(0);
}

int main(void)
{
    int back[2];
    char byte;
    ino_t root = inode_of("/");

    MUST(pipe(ends));
    MUST(pipe(back));
    pid_t child = geteuid() == 0 ? MUST(fork()) : -1;
    if (child == 0)
        inside_main(back[1]);
    CHECK(child < 0 || read(back[0], &byte, 1) == 1, "the other root directory");
    ready();
    wait_go();
    if (sabotaged())
        root++;
    MUST(write(ends[1], "x", 1));
    if (child > 0)
        expect_exit(child, 0);
    CHECK(inode_of("/") == root && access("/etc", F_OK) == 0, "the root directory is another");
    pass();
}
