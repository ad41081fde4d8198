// SPDX-License-Identifier: GPL-2.0-or-later
#include "fan_in.h"

#include "config.h"
#include "fan_in_program.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Room for a burst of all ports, and for a flood until it is seen for what it is. */
#define SOCKET_BYTES   (16 * 1024 * 1024)
#define RAW_SEND_BYTES (4 * 1024 * 1024)

_Static_assert(sizeof(struct edge_fan_in_port) == sizeof(struct edge_fan_in_share), "one map");

/* What belongs to one address. */
struct group {
    union edge_address local;
    int ports_fd;
    int sockets_fd;
    int program_fd;
    int link_fd;
    struct edge_fan_in_port *ports; /* the map itself; behind them a share for each worker */
    int *sockets;                   /* of the workers */
};

struct edge_fan_in {
    struct edge_fan_in_range range;
    unsigned n_ports;
    unsigned n_groups;
    unsigned n_interfaces;
    struct group groups[EDGE_INTERFACES_MAX];
    unsigned group_of[EDGE_INTERFACES_MAX];
    int raw[EDGE_THREADS_MAX]; /* of the workers */
};

static int call_bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
    long result = syscall(SYS_bpf, command, attributes, sizeof(*attributes));

    return result < 0 ? -errno : (int)result;
}

static int make_map(enum bpf_map_type type, uint32_t value_bytes, uint32_t n, uint32_t flags)
{
    union bpf_attr attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.map_type = type;
    attributes.key_size = sizeof(uint32_t);
    attributes.value_size = value_bytes;
    attributes.max_entries = n;
    attributes.map_flags = flags;
    return call_bpf(BPF_MAP_CREATE, &attributes);
}

static int put_socket(int map_fd, uint32_t worker, int socket_fd)
{
    uint64_t value = (uint64_t)socket_fd;
    union bpf_attr attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.map_fd = (uint32_t)map_fd;
    attributes.key = (uint64_t)(uintptr_t)&worker;
    attributes.value = (uint64_t)(uintptr_t)&value;
    return call_bpf(BPF_MAP_UPDATE_ELEM, &attributes);
}

static int load_program(const struct edge_fan_in_program *program)
{
    static const char license[] = "GPL";
    struct bpf_insn code[EDGE_FAN_IN_PROGRAM_MAX];
    union bpf_attr attributes;

    memset(&attributes, 0, sizeof(attributes));
    memset(code, 0, sizeof(code));
    attributes.prog_type = BPF_PROG_TYPE_SK_LOOKUP;
    attributes.expected_attach_type = BPF_SK_LOOKUP;
    attributes.insn_cnt = edge_fan_in_assemble(program, code);
    attributes.insns = (uint64_t)(uintptr_t)code;
    attributes.license = (uint64_t)(uintptr_t)license;
    return call_bpf(BPF_PROG_LOAD, &attributes);
}

static int attach(int program_fd)
{
    union bpf_attr attributes;
    int netns_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int link_fd;

    if (netns_fd < 0)
        return -errno;
    memset(&attributes, 0, sizeof(attributes));
    attributes.link_create.prog_fd = (uint32_t)program_fd;
    attributes.link_create.target_fd = (uint32_t)netns_fd;
    attributes.link_create.attach_type = BPF_SK_LOOKUP;
    link_fd = call_bpf(BPF_LINK_CREATE, &attributes);
    close(netns_fd);
    return link_fd;
}

static int open_socket(const union edge_address *local, int *out)
{
    const int yes = 1;
    const int bytes = SOCKET_BYTES;
    union edge_address address = *local;
    bool is_v6 = local->any.sa_family == AF_INET6;
    int fd = socket(local->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int err = 0;

    if (fd < 0)
        return -errno;
    edge_address_set_port(&address, 0);
    if (is_v6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
    /* An address that comes to this machine with a takeover is not here yet. */
    (void)setsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_FREEBIND : IP_FREEBIND,
                     &yes, sizeof(yes));
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    if (setsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                   is_v6 ? IPV6_RECVORIGDSTADDR : IP_RECVORIGDSTADDR, &yes, sizeof(yes)) != 0 ||
        bind(fd, &address.any, edge_address_length(&address)) != 0) {
        err = -errno;
        close(fd);
        return err;
    }
    *out = fd;
    return 0;
}

static struct edge_fan_in_share *share_of(const struct edge_fan_in *fan_in, unsigned group,
                                          unsigned worker)
{
    return (struct edge_fan_in_share *)(void *)(fan_in->groups[group].ports + fan_in->n_ports +
                                                worker);
}

static size_t map_bytes(const struct edge_fan_in *fan_in)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t bytes = (fan_in->n_ports + fan_in->range.n_workers) * sizeof(struct edge_fan_in_port);

    return (bytes + page - 1) & ~(page - 1);
}

static int fail(char failed[EDGE_FAN_IN_TEXT], const char *what, int err)
{
    snprintf(failed, EDGE_FAN_IN_TEXT, "%s: %s", what, strerror(-err));
    return err;
}

static int open_maps(struct edge_fan_in *fan_in, struct group *group, char failed[EDGE_FAN_IN_TEXT])
{
    void *memory;

    group->ports_fd = make_map(BPF_MAP_TYPE_ARRAY, sizeof(struct edge_fan_in_port),
                               fan_in->n_ports + fan_in->range.n_workers, BPF_F_MMAPABLE);
    if (group->ports_fd < 0)
        return fail(failed, "map of ports", group->ports_fd);
    group->sockets_fd =
        make_map(BPF_MAP_TYPE_SOCKMAP, sizeof(uint64_t), fan_in->range.n_workers, 0);
    if (group->sockets_fd < 0)
        return fail(failed, "map of sockets", group->sockets_fd);
    memory = mmap(NULL, map_bytes(fan_in), PROT_READ | PROT_WRITE, MAP_SHARED, group->ports_fd, 0);
    if (memory == MAP_FAILED)
        return fail(failed, "map of ports in memory", -errno);
    group->ports = memory;
    return 0;
}

static int open_group(struct edge_fan_in *fan_in, unsigned index, char failed[EDGE_FAN_IN_TEXT])
{
    struct group *group = &fan_in->groups[index];
    int err = open_maps(fan_in, group, failed);
    struct edge_fan_in_program program = {
        .local = &group->local,
        .port_min = fan_in->range.port_min,
        .n_ports = fan_in->n_ports,
        .ports_fd = group->ports_fd,
        .sockets_fd = group->sockets_fd,
    };

    if (err != 0)
        return err;
    for (unsigned worker = 0; worker < fan_in->range.n_workers; worker++) {
        share_of(fan_in, index, worker)->limit = UINT32_MAX;
        err = open_socket(&group->local, &group->sockets[worker]);
        if (err != 0)
            return fail(failed, "a worker's socket", err);
        err = put_socket(group->sockets_fd, worker, group->sockets[worker]);
        if (err != 0)
            return fail(failed, "a worker's socket in the map", err);
    }
    group->program_fd = load_program(&program);
    if (group->program_fd < 0)
        return fail(failed, "the lookup program (needs CAP_BPF)", group->program_fd);
    group->link_fd = attach(group->program_fd);
    if (group->link_fd < 0)
        return fail(failed, "attaching the lookup program (needs CAP_NET_ADMIN)", group->link_fd);
    return 0;
}

/* The group of an address, made if missing. 0 or an error. */
static int place(struct edge_fan_in *fan_in, const union edge_address *local, unsigned *out,
                 char failed[EDGE_FAN_IN_TEXT])
{
    struct group *group = &fan_in->groups[fan_in->n_groups];

    for (unsigned g = 0; g < fan_in->n_groups; g++) {
        *out = g;
        if (edge_address_same_ip(&fan_in->groups[g].local, local))
            return 0;
    }
    group->local = *local;
    group->ports_fd = group->sockets_fd = group->program_fd = group->link_fd = -1;
    group->sockets = malloc(fan_in->range.n_workers * sizeof(*group->sockets));
    if (!group->sockets)
        return fail(failed, "memory", -ENOMEM);
    for (unsigned i = 0; i < fan_in->range.n_workers; i++)
        group->sockets[i] = -1;
    *out = fan_in->n_groups++;
    return open_group(fan_in, *out, failed);
}

static int open_raw(void)
{
    const int bytes = RAW_SEND_BYTES;
    int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW);

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    return fd;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void close_group(struct edge_fan_in *fan_in, struct group *group)
{
    close_fd(group->link_fd);
    close_fd(group->program_fd);
    for (unsigned i = 0; i < fan_in->range.n_workers; i++)
        close_fd(group->sockets[i]);
    if (group->ports)
        munmap(group->ports, map_bytes(fan_in));
    close_fd(group->sockets_fd);
    close_fd(group->ports_fd);
    free(group->sockets);
}

void edge_fan_in_free(struct edge_fan_in *fan_in)
{
    if (!fan_in)
        return;
    for (unsigned g = 0; g < fan_in->n_groups; g++)
        close_group(fan_in, &fan_in->groups[g]);
    for (unsigned i = 0; i < fan_in->range.n_workers; i++)
        close_fd(fan_in->raw[i]);
    free(fan_in);
}

int edge_fan_in_new(const union edge_address *locals, unsigned n_locals,
                    const struct edge_fan_in_range *range, struct edge_fan_in **out,
                    char failed[EDGE_FAN_IN_TEXT])
{
    struct edge_fan_in *fan_in = calloc(1, sizeof(*fan_in));
    int err = 0;

    if (!fan_in)
        return fail(failed, "memory", -ENOMEM);
    fan_in->range = *range;
    for (unsigned i = 0; i < fan_in->range.n_workers; i++)
        fan_in->raw[i] = open_raw();
    fan_in->n_ports = (unsigned)range->port_max - range->port_min + 1u;
    for (unsigned i = 0; i < n_locals && err == 0; i++)
        err = place(fan_in, &locals[i], &fan_in->group_of[i], failed);
    if (err != 0) {
        edge_fan_in_free(fan_in);
        return err;
    }
    fan_in->n_interfaces = n_locals;
    *out = fan_in;
    return 0;
}

unsigned edge_fan_in_groups(const struct edge_fan_in *fan_in)
{
    return fan_in->n_groups;
}

unsigned edge_fan_in_group_of(const struct edge_fan_in *fan_in, unsigned interface)
{
    return fan_in->group_of[interface];
}

const union edge_address *edge_fan_in_address(const struct edge_fan_in *fan_in, unsigned group)
{
    return &fan_in->groups[group].local;
}

struct edge_fan_in_range edge_fan_in_range(const struct edge_fan_in *fan_in)
{
    return fan_in->range;
}

int edge_fan_in_socket(const struct edge_fan_in *fan_in, unsigned group, unsigned worker)
{
    return fan_in->groups[group].sockets[worker];
}

int edge_fan_in_raw(const struct edge_fan_in *fan_in, unsigned worker)
{
    return fan_in->raw[worker];
}

/* The kernel reads these words at any time. */
static void set_word(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

void edge_fan_in_enter(struct edge_fan_in *fan_in, unsigned group, uint16_t port, unsigned worker)
{
    set_word(&fan_in->groups[group].ports[port - fan_in->range.port_min].worker, worker + 1);
}

void edge_fan_in_clear(struct edge_fan_in *fan_in, unsigned group, uint16_t port)
{
    set_word(&fan_in->groups[group].ports[port - fan_in->range.port_min].worker, 0);
}

void edge_fan_in_limit(struct edge_fan_in *fan_in, unsigned worker, uint32_t per_window)
{
    for (unsigned g = 0; g < fan_in->n_groups; g++)
        set_word(&share_of(fan_in, g, worker)->limit, per_window);
}

uint32_t edge_fan_in_shed(const struct edge_fan_in *fan_in, unsigned worker)
{
    uint32_t n = 0;

    for (unsigned g = 0; g < fan_in->n_groups; g++)
        n += __atomic_load_n(&share_of(fan_in, g, worker)->shed, __ATOMIC_RELAXED);
    return n;
}
