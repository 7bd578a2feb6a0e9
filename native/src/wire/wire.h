/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_WIRE_H
#define CKPT_WIRE_H

#include <stdint.h>

/* What checkpoint threads and the coordinator say to each other, over a SOCK_SEQPACKET socket in the abstract
 * namespace named "ckpt-" and the store's id (docs/image-format.md). One struct wire_message is one packet. Both ends
 * come from one build, the version is there to say so when they do not.
 *
 *   member                      coordinator
 *   HELLO  ------------------------>
 *          <------------------------ WELCOME   carries the lease, which the member holds while it lives, and for a
 *                                              restored process variables.h
 *          <------------------------ QUIESCE
 *   BLOCKED ----------------------->           a thread blocks the checkpoint signal: to be opened from outside
 *   QUIESCED (or FAILED) ---------->
 *          <------------------------ RESIDENT  only between QUIESCED and SNAPSHOT
 *   RESIDENT ---------------------->
 *          <------------------------ SNAPSHOT
 *   SNAPPED (or FAILED) ----------->           and before it a HELLO from the snapshot, on a connection of its own
 *   COPY_LOST --------------------->           instead: the snapshot was killed before its HELLO
 *   CALL -------------------------->           between checkpoints: a thread of the program asks for something
 *          <------------------------ ANSWER    some time later
 *          <------------------------ RESUME    at any time after QUIESCE
 *          <------------------------ DETACH    the coordinator ends, the process goes on alone
 *
 *   anybody
 *   ASKED ------------------------>            there is a request in the store (store/request.h)
 */
#define WIRE_VERSION 3

#define WIRE_DESCRIPTORS 2 /* at most so many come with one message */

#define WIRE_STOPPED_MAX 32 /* stopped children of one process */

enum wire_type {
    WIRE_HELLO = 1,
    WIRE_WELCOME,
    WIRE_QUIESCE,
    WIRE_QUIESCED,
    WIRE_RESIDENT,
    WIRE_SNAPSHOT,
    WIRE_SNAPPED,
    WIRE_RESUME,
    WIRE_FAILED,
    WIRE_DETACH,
    WIRE_BLOCKED,
    WIRE_CALL,
    WIRE_ANSWER,
    WIRE_ASKED,
    WIRE_COPY_LOST,
};

enum wire_kind {
    WIRE_KIND_PROCESS = 1, /* a new process of the tree */
    WIRE_KIND_RESTORED,    /* one that came out of an image */
    WIRE_KIND_SNAPSHOT,    /* the frozen copy of one */
};

/* Where in a process the library lives and what it found there; the restorer needs it. Addresses are the process's
 * own. */
struct wire_process {
    uint64_t brk;   /* end of the heap */
    uint64_t slots; /* struct thread_slot[slot_count] */
    uint64_t slot_count;
    uint64_t slot_size;   /* sizeof(struct thread_slot) */
    uint64_t entry;       /* where the checkpoint thread of a restored process begins */
    uint64_t entry_stack; /* its stack pointer */
    uint64_t restorer;    /* struct preload_restored, which the restorer fills in */
    int32_t checkpoint_tid;
    /* Signals that wait in the image, by bit, and that somebody takes as soon as it goes on. Not part of tree.img. */
    uint64_t deliverable;
};

/* How the coordinator is scheduled. A thread that differs has been made to, and gets the same again at a restart; the
 * others run as that restart's coordinator does. */
struct wire_inherited {
    uint64_t cpus[16];
    int32_t nice, io_priority;
};

/* Which of so many pages from start are in memory: the answer is the address of one byte for each, 0 if it cannot be
 * told. */
#define WIRE_RESIDENT_PAGES 65536
struct wire_memory {
    uint64_t start, pages;
    uint64_t answer;
};

/* A thread that blocks the checkpoint signal. */
struct wire_blocked {
    int32_t thread, signal;
    /* Address of a word in the process, to be set to 1 when it is not blocked any more. */
    uint64_t forced;
};

enum wire_call_kind {
    WIRE_CALL_REQUEST = 1, /* a checkpoint; the result is its generation, or -1 and the reason */
    WIRE_CALL_HOLD,        /* first: 1 no checkpoints for a while, 0 again */
    WIRE_CALL_SIGNAL, /* first: its number, second: who sent it; the result is 1 if it is to be delivered */
};

struct wire_call {
    uint32_t kind, slot; /* slot and id come back with the answer */
    uint64_t id;
    int64_t first, second;
};

struct wire_answer {
    uint32_t slot, padding;
    uint64_t id;
    int64_t result;
    char reason[96];
};

struct wire_message {
    uint32_t version;
    uint32_t type;
    int32_t pid; /* as the process sees itself */
    uint32_t kind;
    uint64_t checkpoint; /* the number of the checkpoint that this is about */
    union {
        struct { /* SNAPPED */
            struct wire_process process;
            /* By what those named in SNAPSHOT were stopped; 0: that has been reported. */
            uint8_t child_stops[WIRE_STOPPED_MAX];
        };
        char reason[128]; /* FAILED */
        struct {          /* SNAPSHOT */
            int32_t stopped_children[WIRE_STOPPED_MAX];
            uint32_t generation;
            /* 1: the tree is about to end, by a signal that its processes may have got as well. */
            uint32_t final;
        };
        struct wire_call call;     /* CALL */
        struct wire_answer answer; /* ANSWER */
        struct {                   /* HELLO */
            int32_t signal;        /* the checkpoint signal */
            uint32_t filters;      /* seccomp filters that the library knows and can live with */
        };
        struct wire_memory memory; /* RESIDENT */
        int32_t thread; /* QUIESCED: the one to look at, also when the main thread has ended */
        struct wire_inherited inherited; /* QUIESCE */
        struct wire_blocked blocked;     /* BLOCKED */
    };
};

#endif
