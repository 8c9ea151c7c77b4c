/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Network: connect, accept, listen, bind, questions to DNS, connections to UNIX sockets. Addresses
 * are those of the kernel's socket where it has them; a refused connect has only what the caller
 * gave.
 */
#include "lib/call.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define EINPROGRESS 115
#define DNS_PORT 53
/* Room for the header and the longest name. */
#define DNS_BYTES 512
#define UNIX_PATH_BYTES 108

struct user_address {
    __u16 family;
    __u16 port; /* network order */
    __u32 v4;
    __u8 v6[16];
    __u32 scope;
};
struct user_vector {
    unsigned long base;
    unsigned long n;
};
struct user_message {
    unsigned long name;
    __u32 n_name;
    __u32 padding;
    unsigned long vectors;
    unsigned long n_vectors;
    unsigned long control;
    unsigned long n_control;
    __u32 flags;
    __u32 padding2;
};
struct user_message_of_many {
    struct user_message message;
    __u32 n;
    __u32 padding;
};

static __always_inline struct sock *socket_of(struct task_struct *task, long fd)
{
    struct file *file = file_of(task, fd);
    if (file == NULL || (KREAD(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
        return NULL;
    struct socket *socket = KREAD(file, private_data);
    return KREAD(socket, sk);
}

static __always_inline void address_put(__u8 to[16], __u32 v4)
{
    __builtin_memset(to, 0, 16);
    to[10] = 0xff;
    to[11] = 0xff;
    __builtin_memcpy(to + 12, &v4, 4);
}

static __always_inline bool socket_fill(struct sw_abi_socket *socket, struct sock *sock, long fd)
{
    __u16 family = KREAD(sock, __sk_common.skc_family);
    socket->family = family;
    socket->type = KREAD(sock, sk_type);
    socket->protocol = KREAD(sock, sk_protocol);
    socket->fd = (__s32)fd;
    socket->local_port = KREAD(sock, __sk_common.skc_num);
    socket->remote_port = __builtin_bswap16(KREAD(sock, __sk_common.skc_dport));
    if (family == AF_INET) {
        address_put(socket->local, KREAD(sock, __sk_common.skc_rcv_saddr));
        address_put(socket->remote, KREAD(sock, __sk_common.skc_daddr));
        return 1;
    }
    if (family != AF_INET6)
        return 0;
    struct in6_addr address;
    address = KREAD(sock, __sk_common.skc_v6_rcv_saddr);
    __builtin_memcpy(socket->local, &address, 16);
    address = KREAD(sock, __sk_common.skc_v6_daddr);
    __builtin_memcpy(socket->remote, &address, 16);
    return 1;
}

/* Whom the caller named, in place of a remote end that the socket does not have. */
static __always_inline void remote_from_user(
    struct sw_abi_socket *socket, const struct user_address *address)
{
    socket->remote_port = __builtin_bswap16(address->port);
    if (address->family == AF_INET)
        address_put(socket->remote, address->v4);
    else
        __builtin_memcpy(socket->remote, address->v6, 16);
}

static __always_inline bool address_read(
    struct user_address *address, unsigned long from, unsigned long n)
{
    __builtin_memset(address, 0, sizeof(*address));
    if (from == 0 || n < 8)
        return 0;
    if (n >= sizeof(*address))
        bpf_probe_read_user(address, sizeof(*address), (void *)from);
    else
        bpf_probe_read_user(address, 8, (void *)from);
    return address->family == AF_INET || (address->family == AF_INET6 && n >= 24);
}

static __always_inline bool is_port_wanted(__u32 port)
{
    const struct sw_abi_settings *wanted = settings_get();
    return wanted == NULL || wanted->has_ports == 0 || bpf_map_lookup_elem(&ports, &port) != NULL;
}

static __always_inline bool is_network_wanted(const __u8 address[16])
{
    const struct sw_abi_settings *wanted = settings_get();
    if (wanted == NULL || wanted->has_networks == 0)
        return 1;
    struct sw_abi_network_prefix prefix = {.n_bits = 128};
    __builtin_memcpy(prefix.address, address, 16);
    return bpf_map_lookup_elem(&networks, &prefix) != NULL;
}

static __always_inline void socket_submit(
    struct scratch *scratch, const struct sw_abi_socket *socket)
{
    bool is_wanted = (is_port_wanted(socket->remote_port) || is_port_wanted(socket->local_port)) &&
                     is_network_wanted(socket->remote);
    if (is_wanted)
        record_submit(scratch);
    else
        record_skip(scratch);
}

static __always_inline int unix_connected(
    struct task_struct *task, long fd, unsigned long from, unsigned long n_address, long result)
{
    struct scratch *scratch = call_begin(SW_ABI_UNIX_CONNECT, SW_ABI_CALL_CONNECT, task, result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_unix_connect *connect = record_payload(scratch, sizeof(*connect));
    char first = 0;
    connect->fd = (__s32)fd;
    scratch->record.flags |= SW_ABI_IS_TEXT_PATH;
    bpf_probe_read_user(&first, 1, (void *)(from + 2));
    if (first != 0)
        text_append_z(scratch, &connect->path, (void *)(from + 2), TEXT_USER);
    else if (n_address > 2)
        text_append(scratch, &connect->path, (void *)(from + 2),
            n_address - 2 > UNIX_PATH_BYTES ? UNIX_PATH_BYTES : n_address - 2, TEXT_USER);
    if (connect->path.length > UNIX_PATH_BYTES)
        connect->path.length = UNIX_PATH_BYTES;
    record_submit(scratch);
    return 0;
}

SEC("tp/syscalls/sys_exit_connect")
int on_exit_connect(struct call_end *end)
{
    struct task_struct *task = current_task();
    long fd = (int)call_argument(task, 0);
    unsigned long from = call_argument(task, 1);
    unsigned long n = (__u32)call_argument(task, 2);
    struct user_address address;
    if (n < 2)
        return 0;
    bool is_inet = address_read(&address, from, n);
    bpf_probe_read_user(&address.family, sizeof(address.family), (void *)from);
    if (address.family == AF_UNIX)
        return unix_connected(task, fd, from, n, end->result);
    struct sock *sock = socket_of(task, fd);
    if (!is_inet || sock == NULL)
        return 0;
    struct scratch *scratch = call_begin(SW_ABI_CONNECT, SW_ABI_CALL_CONNECT, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_network *network = record_payload(scratch, sizeof(*network));
    if (!socket_fill(&network->socket, sock, fd)) {
        record_skip(scratch);
        return 0;
    }
    /* The kernel has taken it back already when it failed. */
    if ((end->result < 0 && end->result != -EINPROGRESS) || network->socket.remote_port == 0)
        remote_from_user(&network->socket, &address);
    socket_submit(scratch, &network->socket);
    return 0;
}

static __always_inline int socket_ended(
    struct call_end *end, __u32 kind, enum sw_abi_call call, long fd, __u32 backlog)
{
    struct task_struct *task = current_task();
    struct sock *sock = socket_of(task, fd);
    if (sock == NULL)
        return 0;
    __u16 family = KREAD(sock, __sk_common.skc_family);
    if (family != AF_INET && family != AF_INET6)
        return 0;
    struct scratch *scratch = call_begin(kind, call, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_network *network = record_payload(scratch, sizeof(*network));
    network->backlog = backlog;
    socket_fill(&network->socket, sock, fd);
    socket_submit(scratch, &network->socket);
    return 0;
}

SEC("tp/syscalls/sys_exit_accept")
int on_exit_accept(struct call_end *end)
{
    return end->result < 0 ? 0
                           : socket_ended(end, SW_ABI_ACCEPT, SW_ABI_CALL_ACCEPT, end->result, 0);
}

SEC("tp/syscalls/sys_exit_accept4")
int on_exit_accept4(struct call_end *end)
{
    return end->result < 0 ? 0
                           : socket_ended(end, SW_ABI_ACCEPT, SW_ABI_CALL_ACCEPT4, end->result, 0);
}

SEC("tp/syscalls/sys_exit_listen")
int on_exit_listen(struct call_end *end)
{
    struct task_struct *task = current_task();
    return socket_ended(end, SW_ABI_LISTEN, SW_ABI_CALL_LISTEN, (int)call_argument(task, 0),
        (__u32)call_argument(task, 1));
}

/* What failed names an address that the socket did not get: only successes. */
SEC("tp/syscalls/sys_exit_bind")
int on_exit_bind(struct call_end *end)
{
    return end->result < 0 ? 0
                           : socket_ended(end, SW_ABI_BIND, SW_ABI_CALL_BIND,
                                 (int)call_argument(current_task(), 0), 0);
}

/* One message to port 53. `name` may be 0: where the socket is connected to. */
static __always_inline void dns_sent(struct task_struct *task, enum sw_abi_call call, long result,
    long fd, const struct user_address *address, const struct user_vector *payload)
{
    struct sock *sock = socket_of(task, fd);
    if (sock == NULL)
        return;
    __u16 port = address->port != 0 ? address->port : KREAD(sock, __sk_common.skc_dport);
    if (port != __builtin_bswap16(DNS_PORT))
        return;
    struct scratch *scratch = call_begin(SW_ABI_DNS, call, task, result);
    if (scratch == NULL)
        return;
    struct sw_abi_dns *dns = record_payload(scratch, sizeof(*dns));
    if (!socket_fill(&dns->socket, sock, fd)) {
        record_skip(scratch);
        return;
    }
    if (address->port != 0)
        remote_from_user(&dns->socket, address);
    text_append(scratch, &dns->message, (void *)payload->base,
        payload->n > DNS_BYTES ? DNS_BYTES : payload->n, TEXT_USER);
    record_submit(scratch);
}

SEC("tp/syscalls/sys_exit_sendto")
int on_exit_sendto(struct call_end *end)
{
    struct task_struct *task = current_task();
    if (end->result <= 0)
        return 0;
    struct user_address address;
    struct user_vector payload = {call_argument(task, 1), (unsigned long)end->result};
    /* The sixth argument, the length, is not among those that are read: as much as fits is tried.
     */
    if (!address_read(&address, call_argument(task, 4), sizeof(address)))
        address.port = 0;
    dns_sent(
        task, SW_ABI_CALL_SENDTO, end->result, (int)call_argument(task, 0), &address, &payload);
    return 0;
}

static __always_inline void message_sent(struct task_struct *task, enum sw_abi_call call,
    long result, long fd, const struct user_message *message)
{
    struct user_address address;
    struct user_vector payload = {0};
    if (!address_read(&address, message->name, message->n_name))
        address.port = 0;
    bpf_probe_read_user(&payload, sizeof(payload), (void *)message->vectors);
    dns_sent(task, call, result, fd, &address, &payload);
}

SEC("tp/syscalls/sys_exit_sendmsg")
int on_exit_sendmsg(struct call_end *end)
{
    struct task_struct *task = current_task();
    struct user_message message = {0};
    if (end->result <= 0)
        return 0;
    bpf_probe_read_user(&message, sizeof(message), (void *)call_argument(task, 1));
    message_sent(task, SW_ABI_CALL_SENDMSG, end->result, (int)call_argument(task, 0), &message);
    return 0;
}

/* Resolvers send the two questions of a name at once; more than that is not looked at. */
SEC("tp/syscalls/sys_exit_sendmmsg")
int on_exit_sendmmsg(struct call_end *end)
{
    struct task_struct *task = current_task();
    unsigned long from = call_argument(task, 1);
    for (int i = 0; i < 2; i++) {
        struct user_message message = {0};
        if (i >= end->result)
            break;
        bpf_probe_read_user(&message, sizeof(message),
            (void *)(from + (unsigned long)i * sizeof(struct user_message_of_many)));
        message_sent(
            task, SW_ABI_CALL_SENDMMSG, end->result, (int)call_argument(task, 0), &message);
    }
    return 0;
}
