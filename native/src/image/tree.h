/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_IMAGE_TREE_H
#define CKPT_IMAGE_TREE_H

/* tree.img: everything about a tree of processes except the memory of each. It is JSON (docs/image-format.md). */

#include "common/error.h"
#include "wire/system_v.h"
#include "wire/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define IMAGE_NAME_SIZE  32
#define IMAGE_LIMITS     16 /* RLIM_NLIMITS */
#define IMAGE_AUXV_WORDS 96

enum description_kind {
    DESCRIPTION_REGULAR,   /* path, size, offset; value: likewise inherited, or 0 */
    DESCRIPTION_DELETED,   /* the same; content in a file of the generation */
    DESCRIPTION_DIRECTORY, /* path, offset */
    DESCRIPTION_DEVICE,    /* path of a character device without state */
    DESCRIPTION_PIPE,      /* one end of pipe */
    DESCRIPTION_FIFO,      /* one end of a pipe that has a path */
    DESCRIPTION_STDIN,     /* what ckpt itself was given as standard input */
    DESCRIPTION_STDOUT,    /* the pipes to ckpt */
    DESCRIPTION_STDERR,
    DESCRIPTION_PROC, /* something below /proc, by its path, and offset; clock 1: half read, value: the address that
                            the last line with one begins with, interval_ns: lines since, size: bytes of the next */
    DESCRIPTION_EVENTFD, /* value: the count; clock: 1 for a semaphore */
    DESCRIPTION_TIMERFD, /* clock, value: ns left, interval_ns, offset: expirations not read; mode: flags of
                              timerfd_settime, with TFD_TIMER_ABSTIME value is the time */
    DESCRIPTION_SIGNALFD,  /* value: the mask */
    DESCRIPTION_EPOLL,     /* watches */
    DESCRIPTION_SOCKET,    /* socket */
    DESCRIPTION_PIDFD,     /* value: the process, 0: one that has ended */
    DESCRIPTION_INOTIFY,   /* watches, by rising number */
    DESCRIPTION_MEMFD,     /* path: the name, value: seals; otherwise as a deleted file */
    DESCRIPTION_PATH_ONLY, /* path, opened with O_PATH */
    DESCRIPTION_INHERITED, /* value: the number at which ckpt was given it; path: what it was, for people */
    DESCRIPTION_TERMINAL_MASTER, /* terminal */
    DESCRIPTION_TERMINAL,        /* its slave */
    DESCRIPTION_TTY,             /* the same, opened as /dev/tty */
    DESCRIPTION_QUEUE, /* a POSIX message queue: path: its name, mode, uid, gid, size: messages, interval_ns: bytes of
                          one, value: 1: it has no name any more; data: of the first one of a queue */
    DESCRIPTION_KINDS
};

/* What an epoll descriptor waits for, registered under the number fd, which may mean something else by now. */
struct image_watch {
    int fd;
    int description; /* index, or -1 */
    uint64_t inode;  /* while saving */
    unsigned events;
    uint64_t data;
    char *path; /* of what inotify watches, else NULL; fd is then the number of the watch */
};

/* An open file description, as open(2) makes one; any number of descriptors may share it. */
struct image_description {
    enum description_kind kind;
    char *path; /* as the tree sees it, or NULL */
    int flags;  /* of open, as fdinfo shows them */
    int64_t offset;
    uint64_t size;
    uint32_t mode;     /* permissions of a deleted file, or of a queue */
    unsigned uid, gid; /* of a queue */
    uint64_t device, inode;
    uint64_t known_device, known_inode; /* of a deleted file: what the tree knows it by */
    int pipe;                           /* index, or -1 */
    int socket;                         /* likewise */
    int terminal;                       /* likewise */
    uint64_t value, interval_ns;        /* see the kinds */
    int clock;
    int owner, owner_kind; /* whom it signals, as in struct f_owner_ex; 0: nobody */
    int signal;            /* that it sends, 0: SIGIO */
    struct image_watch *watches;
    size_t watch_count;
    char data[IMAGE_NAME_SIZE]; /* file with the content, or "" */
};

/* A pipe or FIFO and the bytes in it. */
struct image_pipe {
    uint64_t inode;
    int capacity;
    uint64_t queued;
    bool packets;     /* written with O_DIRECT: data is a uint32_t and so many bytes, repeated */
    bool outside;     /* nobody of the tree reads it, but somebody else does */
    bool looked_into; /* while saving: queued is known */
    char data[IMAGE_NAME_SIZE]; /* "" when nothing is queued */
};

struct image_extent {
    uint64_t offset, size;
    uint64_t at; /* in the file */
};

/* Memory shared between processes that no file on disk stands behind. data holds its extents, in any order; what they
 * leave out is zero. */
struct image_shared {
    uint64_t device, inode;
    uint64_t size;
    unsigned page_shift; /* of huge pages, else 0 */
    struct image_extent *extents;
    size_t extent_count;
    char data[IMAGE_NAME_SIZE];
};

/* A file that is mapped shared, with what it held. */
struct image_mapped_file {
    char *path;
    uint64_t device, inode; /* while saving */
    uint32_t mode;
    uint64_t size;
    char data[IMAGE_NAME_SIZE];
};

enum socket_state {
    SOCKET_PLAIN,     /* maybe bound; a datagram socket maybe connected to peer_name */
    SOCKET_LISTENING, /* backlog */
    SOCKET_CONNECTED, /* with the socket peer, which is connected with this one */
    SOCKET_DIRECTED, /* a datagram socket connected to peer, which is not connected with this one */
    SOCKET_PENDING,  /* connected, and the listening socket peer has not accepted it yet */
    SOCKET_ENDED,    /* its peer had been closed */
    SOCKET_OUTSIDE,  /* its peer is held by nobody of the tree */
    SOCKET_CONNECTING, /* to peer_name, which has not answered yet */
    SOCKET_STATES
};

#define IMAGE_ADDRESS_SIZE 257 /* a struct sockaddr in hexadecimal */

struct image_socket {
    uint64_t inode;
    int domain, type, protocol;
    enum socket_state state;
    int peer; /* index, or -1 */
    int backlog;
    int shutdown; /* 1: nothing more comes in, 2: nothing more goes out */
    char name[IMAGE_ADDRESS_SIZE], peer_name[IMAGE_ADDRESS_SIZE]; /* "": none */
    char *directory;            /* that a relative name is meant in, or NULL */
    uint32_t mode;              /* permissions of a name in the filesystem; 0: removed since */
    char data[IMAGE_NAME_SIZE]; /* its messages, one behind the other; "" when there are none */
    int duplicate;              /* while saving: a descriptor of ours, or -1 */
    bool in_transit;            /* while saving: what is queued is known, and under way again */
};

/* What has been sent to a socket and not been received. */
struct image_message {
    int socket, sender;            /* indices; the sender may be -1 */
    char from[IMAGE_ADDRESS_SIZE]; /* the name of a sender that is gone, or "" */
    uint64_t size;
};

/* A description on its way in a message. */
struct image_passed {
    int message, description; /* indices */
};

struct image_option {
    int socket; /* index */
    int level, option;
    char value[2 * 16 + 1]; /* in hexadecimal */
};

enum lock_kind {
    LOCK_POSIX,       /* of process pid, set through its descriptor fd */
    LOCK_DESCRIPTION, /* of a range, of a description */
    LOCK_FLOCK,       /* of the whole file, of a description */
    LOCK_LEASE,       /* likewise */
    LOCK_KINDS
};

struct image_lock {
    enum lock_kind kind;
    pid_t pid;
    int fd;
    int description; /* index */
    bool exclusive;
    int64_t start, length; /* length 0: to the end, wherever that may be */
};

enum terminal_slave {
    TERMINAL_SLAVE_NEW, /* nobody has opened it yet */
    TERMINAL_SLAVE_OPEN,
    TERMINAL_SLAVE_CLOSED,
    TERMINAL_SLAVES
};

/* What a terminal is to the supervisor. */
enum terminal_use {
    TERMINAL_OF_THE_TREE, /* nothing: somebody in the tree made it */
    TERMINAL_OUTPUT,      /* its own; what is written to it counts as standard output */
    TERMINAL_ERROR,       /* the same, as standard error */
    TERMINAL_INPUT,       /* the same, and neither of the two goes there */
    TERMINAL_USES
};

#define TERMINAL_NUMBER_MAX 4096
#define IMAGE_SETTINGS_SIZE 89 /* a struct termios2 in hexadecimal */

/* A pseudoterminal. */
struct image_terminal {
    int number; /* N of /dev/pts/N */
    enum terminal_use use;
    enum terminal_slave slave;
    bool hung_up; /* the master has been closed; number and mode are all there is to know */
    bool locked, packet, exclusive, stopped;
    uint32_t mode;    /* permissions of /dev/pts/N */
    pid_t foreground; /* group, 0: none */
    char settings[IMAGE_SETTINGS_SIZE];
    unsigned rows, columns, width, height;
    char input[IMAGE_NAME_SIZE], output[IMAGE_NAME_SIZE]; /* files with what is queued, or "" */
    int master, opened; /* while saving: descriptors of ours for both ends, or -1 */
};

/* As the device of image_shared and of mappings: a System V segment, whose id is the inode. */
#define IMAGE_SEGMENT_DEVICE UINT64_MAX

/* A System V object. data holds parts, each a number, a size and so many bytes: of semaphores all values in one, of a
 * queue the type and the text of each message, of a segment the offset and the bytes of each page that is not zero. */
struct image_system_v {
    enum system_v_kind kind;
    int id, key;
    uint32_t mode; /* permissions; of a segment also SHM_DEST: removed, and attached still,
                      and SHM_LOCKED */
    unsigned uid, gid;
    uint64_t size;   /* semaphores, bytes that a queue may hold, bytes of a segment */
    int64_t changed; /* when it was, in seconds: tells it from another one with its id */
    pid_t creator;   /* of a segment, outer, else 0 */
    bool outside; /* seen in the namespace of the supervisor, where it stays when the tree dies */
    char data[IMAGE_NAME_SIZE];
};

struct image_descriptor {
    int fd;
    int description; /* index */
    bool close_on_exec;
};

struct image_limit {
    uint64_t soft, hard;
};

/* struct prctl_mm_map without auxv and exe. */
struct image_layout {
    uint64_t start_code, end_code, start_data, end_data, start_brk, brk, start_stack;
    uint64_t arg_start, arg_end, env_start, env_end;
};

struct image_process {
    pid_t pid, parent, group, session;
    bool zombie;
    int exit_signal; /* what its parent gets when it ends, 0: nothing */
    int stopped;     /* by job control, with this signal, or 0 */
    bool main_ended; /* the main thread has ended, others have not */
    int exit_status; /* of a zombie, or of a main thread that has ended, as wait(2) gives it */
    char name[16];
    unsigned threads;
    uint64_t resident_bytes;
    int terminal; /* index of the one that controls it, or -1 */
    char *exe, *cwd;
    char *root; /* directory, NULL: the tree's */
    unsigned umask;
    unsigned uid, gid; /* effective */
    struct image_limit limits[IMAGE_LIMITS];
    int oom_score_adj;
    struct image_layout layout;
    uint64_t auxv[IMAGE_AUXV_WORDS];
    size_t auxv_words;
    struct wire_process library;
    struct image_descriptor *descriptors;
    size_t descriptor_count;
};

struct tree_image {
    pid_t parent;  /* of the root: the first supervisor */
    pid_t session; /* the parent's; 0 when it cannot be named */
    pid_t root;
    uint64_t monotonic_ns, boottime_ns;      /* the clocks at the barrier */
    struct image_limit limits[IMAGE_LIMITS]; /* the supervisor's, which the tree inherits */
    int oom_score_adj;                       /* likewise */
    struct image_process *processes;
    size_t process_count;
    struct image_description *descriptions;
    size_t description_count;
    struct image_pipe *pipes;
    size_t pipe_count;
    struct image_shared *shared;
    size_t shared_count;
    struct image_mapped_file *mapped_files;
    size_t mapped_file_count;
    struct image_socket *sockets;
    size_t socket_count;
    struct image_message *messages; /* of one socket in the order they are received in */
    size_t message_count;
    struct image_passed *passed;
    size_t passed_count;
    struct image_option *options;
    size_t option_count;
    struct image_lock *locks;
    size_t lock_count;
    struct image_terminal *terminals;
    size_t terminal_count;
    struct image_system_v *system_v;
    size_t system_v_count;
    bool terminals_known; /* while saving: all masters have been looked for */
    /* While saving: inodes of files that are mapped shared and writable, whose times do not tell when they are
     * written. Without devices, which /proc/PID/maps does not show as stat(2) does. */
    uint64_t *written;
    size_t written_count;
};

/* Each appends a zeroed element and returns its address, valid until the next call, or NULL without memory. */
struct image_process *tree_image_add_process(struct tree_image *tree);
struct image_description *tree_image_add_description(struct tree_image *tree);
struct image_pipe *tree_image_add_pipe(struct tree_image *tree);
struct image_shared *tree_image_add_shared(struct tree_image *tree);
/* Joins it to the last one if it can; -ENOMEM. */
int image_shared_add_extent(struct image_shared *shared, uint64_t offset, uint64_t size,
                            uint64_t at);
struct image_mapped_file *tree_image_add_mapped_file(struct tree_image *tree);
struct image_socket *tree_image_add_socket(struct tree_image *tree);
struct image_message *tree_image_add_message(struct tree_image *tree);
struct image_passed *tree_image_add_passed(struct tree_image *tree);
struct image_option *tree_image_add_option(struct tree_image *tree);
struct image_lock *tree_image_add_lock(struct tree_image *tree);
struct image_terminal *tree_image_add_terminal(struct tree_image *tree);
struct image_system_v *tree_image_add_system_v(struct tree_image *tree);
struct image_descriptor *image_process_add_descriptor(struct image_process *process);
struct image_watch *image_description_add_watch(struct image_description *description);
void tree_image_free(struct tree_image *tree);

/* By its inner pid; NULL if it is not in the image. */
const struct image_process *tree_image_process(const struct tree_image *tree, pid_t pid);
/* What the terminal that the tree has from the supervisor is for; TERMINAL_OF_THE_TREE: it has none. */
enum terminal_use tree_image_terminal_use(const struct tree_image *tree);
const char *system_v_name(enum system_v_kind kind);
/* NULL if it is not in the image. */
const struct image_system_v *tree_image_system_v(const struct tree_image *tree,
                                                 enum system_v_kind kind, int id);
/* The segment that shared memory is, or NULL. */
const struct image_system_v *tree_image_segment(const struct tree_image *tree,
                                                const struct image_shared *shared);
/* -1 if it is not in the image. */
int tree_image_shared_index(const struct tree_image *tree, uint64_t device, uint64_t inode);

/* Writes and reads the file in the generation's directory. Reading checks every index and range: -EBADMSG. */
int tree_image_write(const struct tree_image *tree, int dirfd, struct ckpt_error *err);
int tree_image_read(struct tree_image *ret, int dirfd, struct ckpt_error *err);

#endif
