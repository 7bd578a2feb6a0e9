/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_ENDPOINT_H
#define CKPT_OBJECTS_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* An IP address and port in one form for both families. */
struct endpoint {
    struct in6_addr address;
    in_port_t port; /* as on the wire */
    bool any;
};

/* From the text of an address in the image (socket_name.h); false: it is none. */
bool endpoint_read(const char *text, struct endpoint *ret);
bool endpoint_is_same(const struct endpoint *left, const struct endpoint *right);
bool address_is_same(const char *left, const char *right);
/* Whether somebody who sends to name, or gets something from there, means the socket that is bound to bound. */
bool address_is_covered(const char *name, const char *bound);

/* States of TCP, as /proc/net/tcp and TCP_INFO have them. */
enum {
    TCP_STATE_ESTABLISHED = 1,
    TCP_STATE_SYN_SENT = 2,
    TCP_STATE_FIN_WAIT1 = 4,
    TCP_STATE_FIN_WAIT2 = 5,
    TCP_STATE_CLOSE = 7,
    TCP_STATE_CLOSE_WAIT = 8,
    TCP_STATE_LAST_ACK = 9,
    TCP_STATE_LISTEN = 10,
    TCP_STATE_CLOSING = 11
};

/* A line of /proc/net/tcp or tcp6: a TCP socket of the host, whoever holds it. */
struct tcp_entry {
    struct endpoint local, remote;
    unsigned state;
    uint64_t inode; /* 0: no process holds it any more, or none has accepted it yet */
};

/* The first that is_wanted() says yes to; false: there is none. */
bool tcp_entry_find(bool (*is_wanted)(const struct tcp_entry *, const void *), const void *argument,
                    struct tcp_entry *ret);

#endif
