/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Between two terminals. Keys are the tree's, except for two that its terminal would turn into signals: Ctrl-C means
 * a final checkpoint and comes to our process group as it would without us; Ctrl-Z stops the tree and then us, where
 * nobody in the tree does job control by itself. We touch our terminal only while we are in its foreground. */
#include "supervisor/terminal.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "proc/process_tree.h"
#include "supervisor/quiesce.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct terminal *current; /* the one that the watch belongs to */

/* ---- our own terminal ---- */

static bool is_in_foreground(const struct terminal *terminal)
{
    return terminal->keyboard >= 0 && tcgetpgrp(terminal->keyboard) == getpgrp();
}

static __attribute__((noreturn)) void guard_main(int keyboard, int pipe,
                                                 const struct termios *before)
{
    sigset_t all;
    char byte;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    dup2(pipe, 0);
    dup2(keyboard, 1);
    syscall(SYS_close_range, 2, ~0U, 0);
    ssize_t got = read(0, &byte, 1);
    if (got == 0)
        tcsetattr(1, TCSANOW, before);
    _exit(0);
}

/* No child of ours, lest it be taken for one of the tree: its parent ends at once. */
static void guard_start(struct terminal *terminal)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        int keyboard = fcntl(terminal->keyboard, F_DUPFD_CLOEXEC, 3);
        close(ends[1]);
        if (fork() == 0)
            guard_main(keyboard, ends[0], &terminal->before);
        _exit(0);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
    close(ends[0]);
    terminal->guard = ends[1];
}

void terminal_init(struct terminal *terminal, struct output *output)
{
    *terminal = (struct terminal){.output = output, .keyboard = -1, .guard = -1, .input.fd = -1};
}

void terminal_open(struct terminal *terminal)
{
    if (!isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO) && !isatty(STDERR_FILENO))
        return;
    terminal->keyboard = isatty(STDIN_FILENO) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                              : open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (terminal->keyboard >= 0 && tcgetattr(terminal->keyboard, &terminal->before) < 0)
        close(steal_fd(&terminal->keyboard));
    if (terminal->keyboard >= 0)
        guard_start(terminal);
}

static void raw_enter(struct terminal *terminal)
{
    struct termios raw = terminal->before;

    cfmakeraw(&raw);
    /* Without a flush: what has been typed already is for the tree. */
    terminal->raw = tcsetattr(terminal->keyboard, TCSANOW, &raw) == 0;
    ckpt_log_carriage(terminal->raw);
}

static void raw_leave(struct terminal *terminal)
{
    if (terminal->raw && is_in_foreground(terminal))
        tcsetattr(terminal->keyboard, TCSADRAIN, &terminal->before);
    terminal->raw = false;
    ckpt_log_carriage(false);
}

void terminal_leave(struct terminal *terminal)
{
    raw_leave(terminal);
    if (terminal->guard >= 0) {
        if (write(terminal->guard, "", 1) < 0)
            ckpt_info("the guard of the terminal has gone");
        close(steal_fd(&terminal->guard));
    }
    if (terminal->input.fd > STDERR_FILENO && terminal->input.fd != terminal->keyboard)
        close(terminal->input.fd);
    terminal->input.fd = -1;
    if (terminal->keyboard >= 0)
        close(steal_fd(&terminal->keyboard));
}

/* ---- the tree's ---- */

static bool is_one_terminal(int fd, const struct stat *as)
{
    struct stat status;

    return isatty(fd) && fstat(fd, &status) == 0 && status.st_rdev == as->st_rdev;
}

static void look_copy(const struct terminal *terminal, int from, int master)
{
    struct termios settings = terminal->before;
    struct winsize size;

    if (terminal->keyboard >= 0 || tcgetattr(from, &settings) == 0)
        tcsetattr(master, TCSANOW, &settings);
    if (ioctl(from, TIOCGWINSZ, &size) == 0)
        ioctl(master, TIOCSWINSZ, &size);
}

int terminal_make(struct terminal *terminal, struct ckpt_error *err)
{
    int first = STDIN_FILENO, off = 0;
    struct stat status;

    while (first <= STDERR_FILENO && !isatty(first))
        first++;
    if (first > STDERR_FILENO || fstat(first, &status) < 0)
        return 0;
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (master < 0) {
        ckpt_info("the command gets no terminal: %s", strerror(errno));
        return 0; /* then it has pipes */
    }
    if (ioctl(master, TIOCSPTLCK, &off) < 0) {
        close(master);
        return ckpt_error_errno(err, "make a terminal");
    }
    look_copy(terminal, first, master);
    terminal->output->terminal = master;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        terminal->output->is_terminal[fd] = is_one_terminal(fd, &status);
    terminal->output->use = terminal->output->is_terminal[1]   ? TERMINAL_OUTPUT
                            : terminal->output->is_terminal[2] ? TERMINAL_ERROR
                                                               : TERMINAL_INPUT;
    return 0;
}

int terminal_child_enter(const struct output *output)
{
    if (output->terminal < 0)
        return 0;
    /* Given to this call, O_CLOEXEC would stay a flag of the description, for all to see in fdinfo. */
    int slave = ioctl(output->terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY);
    if (slave < 0 || fcntl(slave, F_SETFD, FD_CLOEXEC) < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
        return -errno;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (output->is_terminal[fd] && dup2(slave, fd) < 0)
            return -errno;
    }
    return 0;
}

static void size_follow(const struct terminal *terminal, bool redraw)
{
    int master = terminal->output->terminal;
    struct winsize size;
    struct termios settings;

    if (ioctl(terminal->keyboard, TIOCGWINSZ, &size) < 0)
        return;
    /* A program that draws on the whole screen has to do so anew on another one: it does when the size changes. */
    if (redraw && tcgetattr(master, &settings) == 0 && (settings.c_lflag & ICANON) == 0) {
        struct winsize other = size;
        other.ws_col++;
        ioctl(master, TIOCSWINSZ, &other);
    }
    ioctl(master, TIOCSWINSZ, &size);
}

/* ---- keys ---- */

/* All of the tree, as a shell stops a job, and then we, with whoever is in our job. */
static void suspend(struct terminal *terminal, struct coordinator *coordinator)
{
    struct process_tree tree = {0};

    if (tree_list(coordinator, &tree, NULL) < 0)
        return;
    for (size_t i = 0; i < tree.count; i++) {
        if (tree.processes[i].state == 'T') /* by somebody else, who will continue it */
            tree.processes[i].outer = 0;
        else
            kill(tree.processes[i].outer, SIGSTOP);
    }
    raw_leave(terminal);
    kill(0, SIGTSTP);
    for (size_t i = 0; i < tree.count; i++) {
        if (tree.processes[i].outer > 0)
            kill(tree.processes[i].outer, SIGCONT);
    }
    process_tree_free(&tree);
    terminal_refresh(terminal, coordinator);
}

static bool root_is_in_foreground(const struct terminal *terminal,
                                  const struct coordinator *coordinator)
{
    return tcgetpgrp(terminal->output->terminal) == getpgid(coordinator->root_outer);
}

/* How many of the keys are the tree's; what the next one, if there is one, means to us is done. */
static size_t keys_judge(struct terminal *terminal, struct coordinator *coordinator,
                         const char *keys, size_t count, size_t *ret_taken)
{
    struct termios settings;

    *ret_taken = count;
    if (terminal->input.fd != terminal->keyboard ||
        tcgetattr(terminal->output->terminal, &settings) < 0 || (settings.c_lflag & ISIG) == 0)
        return count;
    for (size_t i = 0; i < count; i++) {
        unsigned char key = (unsigned char)keys[i];
        bool stop = key == settings.c_cc[VSUSP] && root_is_in_foreground(terminal, coordinator);
        if (key == _POSIX_VDISABLE || !(stop || key == settings.c_cc[VINTR]))
            continue;
        *ret_taken = i + 1;
        if (stop)
            suspend(terminal, coordinator);
        else
            kill(0, SIGINT);
        return i;
    }
    return count;
}

static void pending_send(struct terminal *terminal)
{
    ssize_t done = terminal->pending_size == 0 ? 0
                                               : write(terminal->output->terminal,
                                                       terminal->pending, terminal->pending_size);

    if (done <= 0)
        return;
    terminal->pending_size -= (size_t)done;
    memmove(terminal->pending, terminal->pending + done, terminal->pending_size);
}

/* Our input has come to its end: whoever reads lines hears of it. */
static void input_end(struct terminal *terminal)
{
    struct termios settings;

    if (tcgetattr(terminal->output->terminal, &settings) == 0 && (settings.c_lflag & ICANON) != 0 &&
        terminal->pending_size < sizeof(terminal->pending))
        terminal->pending[terminal->pending_size++] = (char)settings.c_cc[VEOF];
    terminal->input.fd = -1;
    terminal->is_unpollable = false;
}

static void input_move(struct terminal *terminal, struct coordinator *coordinator)
{
    char keys[sizeof(terminal->pending) / 2];
    ssize_t got = read(terminal->input.fd, keys, sizeof(keys));

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        if (!terminal->is_unpollable)
            coordinator_unwatch(coordinator, &terminal->input);
        if (terminal->input.fd == terminal->keyboard) /* gone: the tree is about to be stopped */
            terminal->input.fd = -1;
        else
            input_end(terminal);
    }
    for (size_t at = 0, taken; got > 0 && at < (size_t)got; at += taken) {
        size_t ours = keys_judge(terminal, coordinator, keys + at, (size_t)got - at, &taken);
        memcpy(terminal->pending + terminal->pending_size, keys + at, ours);
        terminal->pending_size += ours;
    }
    pending_send(terminal);
}

static bool has_room(const struct terminal *terminal)
{
    return terminal->pending_size <= sizeof(terminal->pending) / 2;
}

static void input_ready(struct coordinator *coordinator, struct watch *watch)
{
    (void)watch;
    if (current->input.fd == current->keyboard && !is_in_foreground(current)) {
        terminal_refresh(current, coordinator);
        return;
    }
    input_move(current, coordinator);
    if (!has_room(current) && current->input.fd >= 0) {
        coordinator_unwatch(coordinator, &current->input);
        current->is_unpollable = true; /* at the next turn again */
    }
}

/* ---- the event loop ---- */

/* Only keys that are ours to read: another job's are not. */
static void input_watch(struct terminal *terminal, struct coordinator *coordinator, bool wanted)
{
    if (!wanted && terminal->input.fd == terminal->keyboard && terminal->input.fd >= 0) {
        coordinator_unwatch(coordinator, &terminal->input);
        terminal->input.fd = -1;
    } else if (wanted && terminal->input.fd < 0) {
        terminal->input = (struct watch){.fd = terminal->keyboard, .ready = input_ready};
        terminal->is_unpollable = coordinator_watch(coordinator, &terminal->input, NULL) < 0;
    }
}

void terminal_start(struct terminal *terminal, struct coordinator *coordinator, bool restarted)
{
    current = terminal;
    if (terminal->output->terminal < 0)
        return;
    if (restarted && terminal->keyboard >= 0 && is_in_foreground(terminal))
        size_follow(terminal, true);
    if (restarted && terminal->keyboard < 0) {
        terminal->input = (struct watch){.fd = STDIN_FILENO, .ready = input_ready};
        terminal->is_unpollable = coordinator_watch(coordinator, &terminal->input, NULL) < 0;
    }
    terminal_refresh(terminal, coordinator);
}

void terminal_refresh(struct terminal *terminal, struct coordinator *coordinator)
{
    if (terminal->output->terminal < 0)
        return;
    if (terminal->keyboard >= 0) {
        bool foreground = is_in_foreground(terminal);
        if (foreground && !terminal->raw) {
            raw_enter(terminal);
            size_follow(terminal, false);
        } else if (!foreground) {
            raw_leave(terminal);
        }
        input_watch(terminal, coordinator, foreground);
    }
    pending_send(terminal);
    if (terminal->is_unpollable && has_room(terminal) && terminal->input.fd >= 0) {
        terminal->is_unpollable = coordinator_watch(coordinator, &terminal->input, NULL) < 0;
        if (terminal->is_unpollable)
            input_move(terminal, coordinator);
    }
    output_terminal_again(terminal->output, coordinator);
}

void terminal_resized(struct terminal *terminal)
{
    if (terminal->output->terminal >= 0 && terminal->keyboard >= 0)
        size_follow(terminal, false);
}
