/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Connections and messages. Every member is a connection; a process that ends or calls exec takes its connection with
 * it, and a program that exec started comes with a new one. Who belongs to the tree is asked of the kernel
 * (proc/process_tree.h), not of the connections. */
#include "supervisor/coordinator.h"
#include "supervisor/unblock.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTEN_BACKLOG   4096
#define NAME_DEADLINE_MS 5000
#define NAME_RETRY_US    5000

#define IOPRIO_WHO_PROCESS 1

int coordinator_watch(struct coordinator *coordinator, struct watch *watch, struct ckpt_error *err)
{
    return coordinator_watch_for(coordinator, watch, EPOLLIN, err);
}

int coordinator_watch_for(struct coordinator *coordinator, struct watch *watch, uint32_t events,
                          struct ckpt_error *err)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};

    if (epoll_ctl(coordinator->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) < 0)
        return ckpt_error_errno(err, "watch a descriptor");
    return 0;
}

void coordinator_unwatch(struct coordinator *coordinator, struct watch *watch)
{
    epoll_ctl(coordinator->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
}

static void member_remove(struct coordinator *coordinator, struct member *member)
{
    struct member **at = &coordinator->members;

    while (*at != member)
        at = &(*at)->next;
    *at = member->next;
    if (member->kind == WIRE_KIND_SNAPSHOT && member->checkpoint == coordinator->checkpoint)
        coordinator->copy_lost = member->inner;
    coordinator_unwatch(coordinator, &member->watch);
    close(member->watch.fd);
    free(member);
}

static void inherited_fill(struct wire_inherited *to)
{
    sched_getaffinity(0, sizeof(to->cpus), (cpu_set_t *)to->cpus);
    to->nice = getpriority(PRIO_PROCESS, 0);
    to->io_priority = (int32_t)syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
}

int coordinator_tell(struct coordinator *coordinator, struct member *member, enum wire_type type)
{
    struct wire_message message = {
        .version = WIRE_VERSION, .type = type, .checkpoint = coordinator->checkpoint};
    struct iovec part = {.iov_base = &message, .iov_len = sizeof(message)};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(WIRE_DESCRIPTORS * sizeof(int))];
    } control = {0};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};

    if (type == WIRE_RESIDENT)
        message.memory = member->memory;
    if (type == WIRE_QUIESCE)
        inherited_fill(&message.inherited);
    if (type == WIRE_SNAPSHOT) {
        message.generation = coordinator->generation;
        message.final = coordinator->final;
        memcpy(message.stopped_children, member->stopped_children,
               sizeof(message.stopped_children));
    }
    if (type == WIRE_WELCOME && coordinator->lease_fd >= 0) {
        int descriptors[WIRE_DESCRIPTORS] = {coordinator->lease_fd, coordinator->variables_fd};
        size_t size = sizeof(int);
        if (member->state == MEMBER_RESTORED && coordinator->variables_fd >= 0)
            size += sizeof(int);
        packet.msg_control = &control;
        packet.msg_controllen = CMSG_SPACE(size);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(&control.header), descriptors, size);
    }
    /* A member that died shows as the end of its connection, not here. */
    return sendmsg(member->watch.fd, &packet, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int coordinator_answer(struct coordinator *coordinator, struct member *member,
                       const struct wire_answer *answer)
{
    struct wire_message message = {.version = WIRE_VERSION,
                                   .type = WIRE_ANSWER,
                                   .checkpoint = coordinator->checkpoint,
                                   .answer = *answer};

    return send(member->watch.fd, &message, sizeof(message), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void coordinator_tell_all(struct coordinator *coordinator, enum wire_type type)
{
    for (struct member *member = coordinator->members; member != NULL; member = member->next) {
        if (member->kind == WIRE_KIND_SNAPSHOT || member->state == MEMBER_NEW)
            continue;
        coordinator_tell(coordinator, member, type);
        if (type == WIRE_QUIESCE)
            member->state = MEMBER_ASKED;
        else if (type == WIRE_RESUME || type == WIRE_DETACH)
            member->state = MEMBER_RUNNING;
    }
}

static void on_hello(struct coordinator *coordinator, struct member *member,
                     const struct wire_message *message)
{
    member->inner = message->pid;
    member->kind = (enum wire_kind)message->kind;
    member->checkpoint = message->checkpoint;
    if (message->kind != WIRE_KIND_SNAPSHOT) {
        member->signal = message->signal;
        member->filters = message->filters;
    }
    member->state = member->kind == WIRE_KIND_RESTORED ? MEMBER_RESTORED : MEMBER_RUNNING;
    if (member->kind == WIRE_KIND_SNAPSHOT) {
        if (!coordinator->quiescing || member->checkpoint != coordinator->checkpoint)
            coordinator_tell(coordinator, member, WIRE_RESUME); /* nobody waits for it any more */
        return;
    }
    if (member->kind == WIRE_KIND_RESTORED)
        member->kind = WIRE_KIND_PROCESS;
    coordinator_tell(coordinator, member, WIRE_WELCOME);
    if (coordinator->quiescing && member->state == MEMBER_RUNNING) {
        coordinator_tell(coordinator, member, WIRE_QUIESCE);
        member->state = MEMBER_ASKED;
    }
}

static void on_message(struct coordinator *coordinator, struct member *member,
                       const struct wire_message *message)
{
    int error;

    switch (message->type) {
    case WIRE_HELLO:
        on_hello(coordinator, member, message);
        break;
    case WIRE_QUIESCED:
        member->state = MEMBER_QUIESCED;
        member->thread = message->thread;
        break;
    case WIRE_RESIDENT:
        member->memory = message->memory;
        member->state = MEMBER_QUIESCED;
        break;
    case WIRE_SNAPPED:
        member->process = message->process;
        memcpy(member->child_stops, message->child_stops, sizeof(member->child_stops));
        member->state = MEMBER_SNAPPED;
        break;
    case WIRE_COPY_LOST:
        coordinator->copy_lost = member->inner;
        break;
    case WIRE_FAILED:
        member->state = MEMBER_FAILED;
        snprintf(member->reason, sizeof(member->reason), "%.*s", (int)sizeof(message->reason) - 1,
                 message->reason);
        break;
    case WIRE_CALL:
        if (coordinator->called != NULL)
            coordinator->called(coordinator, member, &message->call);
        break;
    case WIRE_ASKED:
        coordinator->requests_told = true;
        break;
    case WIRE_BLOCKED:
        error = coordinator->quiescing ? thread_unblock(member->outer, &message->blocked) : 0;
        if (error < 0)
            ckpt_info("process %d: thread %d cannot be made to take the checkpoint signal: %s",
                      (int)member->inner, (int)message->blocked.thread, strerror(-error));
        break;
    default:
        break;
    }
}

static void member_ready(struct coordinator *coordinator, struct watch *watch)
{
    struct member *member = (struct member *)watch;
    struct wire_message message;
    ssize_t got = recv(watch->fd, &message, sizeof(message), MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got == (ssize_t)sizeof(message) && message.version == WIRE_VERSION) {
        on_message(coordinator, member, &message);
        return;
    }
    if (got > 0)
        ckpt_info("a checkpoint thread of another build connected, pid %d", (int)member->outer);
    member_remove(coordinator, member);
}

static void listener_ready(struct coordinator *coordinator, struct watch *watch)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return;
    /* The name is anybody's to connect to; the tree is ours. Root may ask for a checkpoint. */
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
        (peer.uid != geteuid() && geteuid() != 0 && peer.uid != 0)) {
        close(fd);
        return;
    }
    struct member *member = calloc(1, sizeof(*member));
    if (member == NULL) {
        close(fd);
        return;
    }
    member->watch = (struct watch){.fd = fd, .ready = member_ready};
    member->outer = peer.pid;
    member->next = coordinator->members;
    coordinator->members = member;
    if (coordinator_watch(coordinator, &member->watch, NULL) < 0)
        member_remove(coordinator, member);
}

bool coordinator_pump(struct coordinator *coordinator, int timeout_ms)
{
    struct epoll_event event;

    /* One at a time: a callback may pump in turn and remove the watch of any event behind it. */
    if (epoll_wait(coordinator->epoll_fd, &event, 1, timeout_ms) != 1)
        return false;
    struct watch *watch = event.data.ptr;
    watch->ready(coordinator, watch);
    return true;
}

struct member *coordinator_member(struct coordinator *coordinator, pid_t outer, enum wire_kind kind)
{
    for (struct member *member = coordinator->members; member != NULL; member = member->next) {
        if (member->outer == outer && member->kind == kind)
            return member;
    }
    return NULL;
}

struct member *coordinator_member_inner(struct coordinator *coordinator, pid_t inner,
                                        enum wire_kind kind)
{
    for (struct member *member = coordinator->members; member != NULL; member = member->next) {
        if (member->inner == inner && member->kind == kind &&
            (kind != WIRE_KIND_SNAPSHOT || member->checkpoint == coordinator->checkpoint))
            return member;
    }
    return NULL;
}

size_t coordinator_count(const struct coordinator *coordinator, enum wire_kind kind,
                         enum member_state state)
{
    size_t count = 0;

    for (const struct member *member = coordinator->members; member != NULL; member = member->next)
        count += member->kind == kind && member->state == state;
    return count;
}

/* A supervisor that is being killed lets go of the lease an instant before its socket. */
static int name_bind(int fd, const struct sockaddr_un *address, socklen_t size)
{
    uint64_t deadline = clock_monotonic_ms() + NAME_DEADLINE_MS;

    while (bind(fd, (const struct sockaddr *)address, size) < 0) {
        if (errno != EADDRINUSE || clock_monotonic_ms() > deadline)
            return -1;
        usleep(NAME_RETRY_US);
    }
    return 0;
}

int coordinator_open(struct coordinator *coordinator, struct ckpt_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return ckpt_error_errno(err, "make the coordinator's socket");
    task_socket_name(coordinator->task, address.sun_path + 1);
    socklen_t size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1));
    if (name_bind(fd, &address, size) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
        return ckpt_error_errno(err, "listen on the coordinator's socket '@%s'",
                                address.sun_path + 1);
    coordinator->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (coordinator->epoll_fd < 0)
        return ckpt_error_errno(err, "make an event loop");
    coordinator->listener = (struct watch){.fd = steal_fd(&fd), .ready = listener_ready};
    return coordinator_watch(coordinator, &coordinator->listener, err);
}

void coordinator_close(struct coordinator *coordinator)
{
    mount_point_remove(&coordinator->mount_point);
    while (coordinator->members != NULL)
        member_remove(coordinator, coordinator->members);
    if (coordinator->variables_fd >= 0)
        close(coordinator->variables_fd);
    if (coordinator->listener.fd >= 0)
        close(coordinator->listener.fd);
    if (coordinator->epoll_fd >= 0)
        close(coordinator->epoll_fd);
}
