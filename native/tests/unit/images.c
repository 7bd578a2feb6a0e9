/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Images as a checkpoint leaves them, with every member different from zero. */
#include "images.h"
#include "unit.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

static const char *const paths[DESCRIPTION_KINDS] = {
    [DESCRIPTION_REGULAR] = "/data/new\nline \"quoted\" \\ \x7f\x01\xff\xc3",
    [DESCRIPTION_DELETED] = "/tmp/gone",
    [DESCRIPTION_DIRECTORY] = "/data/d\xc3\xa9j\xc3\xa0",
    [DESCRIPTION_DEVICE] = "/dev/null",
    [DESCRIPTION_FIFO] = "/data/fifo",
    [DESCRIPTION_PATH_ONLY] = "/data/link",
    [DESCRIPTION_PROC] = "/proc/self/status",
    [DESCRIPTION_QUEUE] = "/queue",
};

static void descriptions_add(struct tree_image *tree)
{
    for (int kind = 0; kind < DESCRIPTION_KINDS; kind++) {
        struct image_description *added = tree_image_add_description(tree);

        CHECK(added != NULL);
        added->kind = (enum description_kind)kind;
        added->path = paths[kind] ? strdup(paths[kind]) : NULL;
        added->flags = O_RDWR | O_APPEND;
        added->offset = kind == DESCRIPTION_DIRECTORY ? INT64_MAX : -1 - kind;
        added->size = 1000 + (uint64_t)kind;
        added->mode = 0640;
        added->value = UINT64_MAX - (uint64_t)kind;
        added->interval_ns = 77;
        added->clock = 7;
        added->owner = -IMAGES_PID;
        added->owner_kind = 1;
        added->signal = 34;
        if (kind == DESCRIPTION_PIPE || kind == DESCRIPTION_FIFO)
            added->pipe = kind == DESCRIPTION_FIFO;
        if (kind == DESCRIPTION_DELETED)
            strcpy(added->data, "file-1.data");
        if (kind == DESCRIPTION_MEMFD) {
            added->path = strdup("a name");
            strcpy(added->data, "memfd-1.data");
            added->device = 1;
            added->inode = UINT64_MAX;
        }
        if (kind == DESCRIPTION_SOCKET)
            added->socket = 1;
        if (kind == DESCRIPTION_TERMINAL_MASTER || kind == DESCRIPTION_TERMINAL ||
            kind == DESCRIPTION_TTY)
            added->terminal = 0;
        if (kind == DESCRIPTION_INOTIFY) {
            struct image_watch *watch = image_description_add_watch(added);
            CHECK(watch != NULL);
            *watch = (struct image_watch){.fd = 2, .events = 256, .path = strdup("/data/watched")};
        }
        for (int i = 0; kind == DESCRIPTION_EPOLL && i < 3; i++) {
            struct image_watch *watch = image_description_add_watch(added);
            CHECK(watch != NULL);
            *watch = (struct image_watch){
                .fd = 3 + i, .description = i, .events = 0x80000001, .data = 1ull << 63};
        }
    }
}

static struct image_process *process_add(struct tree_image *tree, pid_t pid, pid_t session)
{
    struct image_process *added = tree_image_add_process(tree);
    uint64_t *layout = (uint64_t *)&added->layout;

    CHECK(added != NULL);
    *added = (struct image_process){.pid = pid,
                                    .parent = pid == IMAGES_PID ? 7 : IMAGES_PID,
                                    .group = pid,
                                    .session = session,
                                    .stopped = pid == 102 ? SIGTSTP : 0,
                                    .exit_signal = pid == 102 ? SIGUSR1 : SIGCHLD,
                                    .main_ended = pid == 102,
                                    .exit_status = pid == 102 ? 5 << 8 : 0,
                                    .name = "a \"name\" \xff",
                                    .threads = 4,
                                    .resident_bytes = 1 << 20,
                                    .umask = 027,
                                    .uid = 1000,
                                    .gid = 100,
                                    .oom_score_adj = -17};
    added->exe = strdup("/bin/a (deleted)");
    added->cwd = strdup("/work");
    for (size_t i = 0; i < sizeof(added->layout) / sizeof(*layout); i++)
        layout[i] = 0x1000 * (i + 1);
    for (uint64_t i = 0; i < IMAGE_LIMITS; i++)
        added->limits[i] = (struct image_limit){.soft = 1024 + i, .hard = UINT64_MAX};
    added->auxv_words = 40;
    for (uint64_t i = 0; i < added->auxv_words; i++)
        added->auxv[i] = UINT64_MAX / (i + 1);
    added->library = (struct wire_process){.brk = 1,
                                           .slots = 2,
                                           .slot_count = 3,
                                           .slot_size = 4,
                                           .entry = 5,
                                           .entry_stack = 6,
                                           .restorer = 7,
                                           .checkpoint_tid = pid + 50};
    return added;
}

static void sockets_add(struct tree_image *tree)
{
    for (int i = 0; i < 2; i++) {
        struct image_socket *socket = tree_image_add_socket(tree);
        CHECK(socket != NULL);
        *socket = (struct image_socket){.inode = 70 + (uint64_t)i,
                                        .domain = 1,
                                        .type = 5,
                                        .state = SOCKET_CONNECTED,
                                        .peer = 1 - i,
                                        .shutdown = 2,
                                        .name = "01002f61",
                                        .peer_name = "",
                                        .mode = 0700,
                                        .data = "socket-1.data"};
        socket->directory = i == 0 ? strdup("/work") : NULL;
    }
    struct image_message *message = tree_image_add_message(tree);
    struct image_passed *passed = tree_image_add_passed(tree);
    struct image_option *option = tree_image_add_option(tree);
    struct image_lock *lock = tree_image_add_lock(tree);
    CHECK(message != NULL && passed != NULL && option != NULL && lock != NULL);
    *message = (struct image_message){.socket = 1, .sender = -1, .size = 1000};
    *passed = (struct image_passed){.message = 0, .description = 2};
    *option = (struct image_option){.socket = 1, .level = 1, .option = 9, .value = "01000000"};
    *lock = (struct image_lock){.kind = LOCK_FLOCK, .fd = -1, .description = 1, .start = 1};
}

static void terminal_add(struct tree_image *tree)
{
    struct image_terminal *terminal = tree_image_add_terminal(tree);

    CHECK(terminal != NULL);
    *terminal = (struct image_terminal){.number = 3,
                                        .use = TERMINAL_ERROR,
                                        .slave = TERMINAL_SLAVE_OPEN,
                                        .packet = true,
                                        .mode = 0620,
                                        .foreground = IMAGES_PID,
                                        .settings = "00",
                                        .rows = 24,
                                        .columns = 80,
                                        .width = 640,
                                        .height = 480,
                                        .input = "terminal-0-in.data",
                                        .output = "terminal-0-out.data"};
}

void images_tree(struct tree_image *ret)
{
    *ret = (struct tree_image){
        .parent = 7, .session = 5, .root = IMAGES_PID, .monotonic_ns = 123, .boottime_ns = 456};
    descriptions_add(ret);
    for (uint64_t i = 0; i < 2; i++) {
        struct image_pipe *pipe = tree_image_add_pipe(ret);
        CHECK(pipe != NULL);
        *pipe = (struct image_pipe){.inode = 90 + i, .capacity = 65536, .queued = 17 * i};
        strcpy(pipe->data, i ? "pipe-1.data" : "");
    }
    struct image_shared *shared = tree_image_add_shared(ret);
    CHECK(shared != NULL);
    *shared = (struct image_shared){
        .device = 0x800000001, .inode = 99, .size = 8192, .data = "shared-1.data"};
    CHECK_INT(image_shared_add_extent(shared, 0, 1000, 500), 0);
    CHECK_INT(image_shared_add_extent(shared, 1000, 96, 1500), 0); /* joins */
    CHECK_INT(image_shared_add_extent(shared, 4096, 4096, 1596), 0);
    sockets_add(ret);
    terminal_add(ret);
    struct image_system_v *queue = tree_image_add_system_v(ret);
    CHECK(queue != NULL);
    *queue = (struct image_system_v){.kind = SYSTEM_V_QUEUE,
                                     .id = 32769,
                                     .key = -5,
                                     .mode = 0640,
                                     .uid = 1001,
                                     .gid = 1002,
                                     .size = 16384,
                                     .changed = 1234567,
                                     .creator = IMAGES_PID,
                                     .outside = true,
                                     .data = "system-v-1-32769.data"};
    struct image_process *root = process_add(ret, IMAGES_PID, IMAGES_PID);
    for (int i = 0; i < DESCRIPTION_KINDS; i++) {
        struct image_descriptor *descriptor = image_process_add_descriptor(root);
        CHECK(descriptor != NULL);
        *descriptor =
            (struct image_descriptor){.fd = 3 * i, .description = i, .close_on_exec = i % 2 == 1};
    }
    struct image_process *zombie = tree_image_add_process(ret);
    CHECK(zombie != NULL);
    *zombie = (struct image_process){.pid = 101,
                                     .parent = IMAGES_PID,
                                     .group = IMAGES_PID,
                                     .session = IMAGES_PID,
                                     .zombie = true,
                                     .exit_status = 3 << 8,
                                     .name = "dead"};
    process_add(ret, 102, 102);
}

static struct image_vma *vma_add(struct process_image *image, uint64_t start, uint64_t pages,
                                 enum vma_kind kind, const char *path)
{
    struct image_vma *added = process_image_add_vma(image);

    CHECK(added != NULL);
    added->start = start;
    added->end = start + pages * 4096;
    added->kind = kind;
    added->protection = PROT_READ | PROT_WRITE;
    if (path != NULL)
        CHECK_INT(process_image_add_string(image, path, &added->path), 0);
    return added;
}

static void run_add(struct process_image *image, uint64_t address, uint64_t count)
{
    CHECK_INT(process_image_add_run(image, address, image->page_count, count), 0);
    image->page_count += count;
}

void images_process(struct process_image *ret)
{
    memset(ret, 0, sizeof(*ret));
    struct image_vma *file = vma_add(ret, 0x400000, 2, VMA_FILE_PRIVATE, "/bin/\xff\nodd");
    file->file_size = 8000;
    file->file_mtime_ns = 1700000000123456789;
    vma_add(ret, 0x402000, 2, VMA_FILE_PRIVATE, "/bin/\xff\nodd")->offset = 0x2000;
    run_add(ret, 0x402000, 1);
    run_add(ret, 0x403000, 1); /* joins */
    vma_add(ret, 0x404000, 4, VMA_ANONYMOUS, NULL);
    run_add(ret, 0x404000, 1); /* does not: another mapping */
    run_add(ret, 0x406000, 2);
    CHECK_INT(process_image_add_guard(ret, 0x405000, 1), 0);
    vma_add(ret, 0x500000, 1, VMA_FILE_SHARED, "/data/db");
    vma_add(ret, 0x600000, 2, VMA_SHARED, NULL);
    vma_add(ret, 0x7ffd00000000, 33, VMA_ANONYMOUS, NULL)->flags = VMA_GROWS_DOWN;
    run_add(ret, 0x7ffd00020000, 1);
    CHECK_INT(process_image_add_guard(ret, 0x7ffd00001000, 1), 0);
    CHECK_INT(process_image_add_guard(ret, 0x7ffd00002000, 3), 0); /* joins */
    struct image_vma *huge = vma_add(ret, 0x7ffd00200000, 1024, VMA_ANONYMOUS, NULL);
    huge->flags = VMA_HUGETLB | VMA_NO_RESERVE;
    huge->page_shift = 21;
    huge->pkey = 15;
    vma_add(ret, 0x7ffd10000000, 4, VMA_VVAR, NULL);
    vma_add(ret, 0x7ffd10004000, 2, VMA_VDSO, NULL)->protection = PROT_READ | PROT_EXEC;
}

void images_put(const char *name, const void *data, size_t size)
{
    cleanup_fd int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_INT(write_full(fd, data, size), 0);
}

char *images_get(const char *name, size_t *ret_size)
{
    char *data = NULL;

    if (read_file_at(AT_FDCWD, name, 1 << 24, &data, ret_size) < 0)
        unit_fail(__FILE__, __LINE__, "read %s: %s", name, strerror(errno));
    return data;
}

void images_put_pages(uint64_t bytes)
{
    images_put("100.mem", "", 0);
    CHECK_INT(truncate("100.mem", (off_t)bytes), 0);
}

void images_put_process(const struct process_image *image)
{
    struct ckpt_error err = {0};

    unlink("100.img");
    if (process_image_write(image, AT_FDCWD, IMAGES_PID, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    images_put_pages(image->page_count * 4096);
}
