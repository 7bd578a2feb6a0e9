/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Netlink sockets: one that asks for interfaces before and after, one that listens to groups (also beyond the 32 that
 * have a bit in the address), with options, and one of every other family that can be opened. */
#include "testlib.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

static int made(int protocol)
{
    return MUST(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
}

static struct sockaddr_nl name_of(int fd)
{
    struct sockaddr_nl name = {0};
    socklen_t size = sizeof(name);

    MUST(getsockname(fd, (struct sockaddr *)&name, &size));
    return name;
}

/* Asks about the loopback; the answer has to be for the number that the socket has. */
static void ask(int fd, uint32_t sequence)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg body;
    } question = {.header = {.nlmsg_len = sizeof(question),
                             .nlmsg_type = RTM_GETLINK,
                             .nlmsg_flags = NLM_F_REQUEST,
                             .nlmsg_seq = sequence},
                  .body = {.ifi_index = (int)if_nametoindex("lo")}};
    char answer[32768] __attribute__((aligned(8)));
    const struct nlmsghdr *header = (const struct nlmsghdr *)answer;

    MUST(send(fd, &question, sizeof(question), 0));
    ssize_t got = MUST(recv(fd, answer, sizeof(answer), 0));
    CHECK(NLMSG_OK(header, (size_t)got) && header->nlmsg_type == RTM_NEWLINK, "type %d",
          header->nlmsg_type);
    CHECK(header->nlmsg_seq == sequence && header->nlmsg_pid == name_of(fd).nl_pid,
          "an answer for somebody else");
    CHECK(((const struct ifinfomsg *)NLMSG_DATA(header))->ifi_index == question.body.ifi_index,
          "another interface");
}

static bool listens_to(int fd, unsigned group)
{
    uint32_t groups[64] = {0};
    socklen_t size = sizeof(groups);

    MUST(getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &size));
    return (groups[(group - 1) / 32] >> (group - 1) % 32 & 1) != 0;
}

static int option_of(int fd, int option)
{
    int value = -1;
    socklen_t size = sizeof(value);

    MUST(getsockopt(fd, SOL_NETLINK, option, &value, &size));
    return value;
}

int main(void)
{
    static const int others[] = {NETLINK_SOCK_DIAG, NETLINK_XFRM, NETLINK_AUDIT,
                                 NETLINK_KOBJECT_UEVENT, NETLINK_GENERIC};
    struct sockaddr_nl any = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_ROUTE};
    int asks = made(NETLINK_ROUTE), listens = made(NETLINK_ROUTE), unnamed = made(NETLINK_ROUTE);
    int on = 1, beyond = RTNLGRP_BRVLAN, held[5];

    ask(asks, 1);
    MUST(bind(listens, (struct sockaddr *)&any, sizeof(any)));
    MUST(setsockopt(listens, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &beyond, sizeof(beyond)));
    MUST(setsockopt(listens, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)));
    for (int i = 0; i < 5; i++) /* a kernel may be without some */
        held[i] = socket(AF_NETLINK, SOCK_DGRAM, others[i]);
    uint32_t first = name_of(asks).nl_pid, second = name_of(listens).nl_pid;
    ready();
    wait_go();
    if (sabotaged())
        MUST(setsockopt(listens, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &beyond, sizeof(beyond)));
    CHECK(name_of(asks).nl_pid == first && name_of(listens).nl_pid == second, "another number");
    CHECK(name_of(unnamed).nl_pid == 0, "a number from nowhere");
    ask(asks, 2);
    ask(unnamed, 3);
    CHECK(name_of(listens).nl_groups == RTMGRP_IPV4_ROUTE, "groups %x", name_of(listens).nl_groups);
    CHECK(listens_to(listens, (unsigned)beyond) && !listens_to(listens, RTNLGRP_LINK), "groups");
    CHECK(option_of(listens, NETLINK_EXT_ACK) == 1 && option_of(asks, NETLINK_EXT_ACK) == 0,
          "options");
    for (int i = 0; i < 5; i++) {
        int protocol = -1;
        socklen_t size = sizeof(protocol);
        if (held[i] >= 0)
            MUST(getsockopt(held[i], SOL_SOCKET, SO_PROTOCOL, &protocol, &size));
        CHECK(held[i] < 0 || protocol == others[i], "protocol %d", protocol);
    }
    pass();
}
