/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields that follow from others: names of calls, command lines, client and server of a
 * connection, questions of DNS messages. Called for every event.
 */
#include "model/event.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"

static const char *const call_names[] = {
#define CALL_NAME(symbol, name) [SW_ABI_CALL_##symbol] = (name),
    SW_ABI_CALLS(CALL_NAME)
#undef CALL_NAME
};

/* Room in the event for n bytes; NULL when it is used up. */
static char *take_room(struct sw_event *event, size_t n)
{
    if (n > sizeof(event->text) - event->n_text)
        return NULL;
    char *room = event->text + event->n_text;
    event->n_text += n;
    return room;
}

static const char *tier_name(unsigned tier)
{
    return tier == 'A' ? "A" : tier == 'B' ? "B" : tier == 'C' ? "C" : "";
}

static void derive_common(const struct sw_abi_record *record, struct sw_event *event)
{
    const char *call = call_names[event->call];
    event->evt_kind = sw_str_of(sw_event_kinds[event->kind].name);
    event->evt_type = sw_str_of(call[0] != '\0' ? call : sw_event_kinds[event->kind].call);
    event->evt_tier = sw_str_of(tier_name(record->tier));
    event->evt_is_failed = event->evt_result < 0;
    bool has_ns_ids = (record->flags & SW_ABI_HAS_NS_UID) != 0;
    event->user_nsuid = has_ns_ids ? (int64_t)record->process.ns_uid : -1;
    event->group_nsgid = has_ns_ids ? (int64_t)record->process.ns_gid : -1;
    uint32_t login_uid = record->process.login_uid;
    event->user_loginuid = login_uid != UINT32_MAX ? (int64_t)login_uid : -1;
}

void sw_event_set_args(struct sw_event *event, struct sw_str args)
{
    struct sw_str name = event->proc_name;
    ptrdiff_t end = sw_str_find_char(args, '\0');
    size_t n_first = end < 0 ? args.n : (size_t)end;
    event->proc_exe = sw_str_part(args, 0, n_first);
    event->proc_args = sw_str_skip(args, n_first + 1);
    struct sw_str rest = event->proc_args;
    while (rest.n > 0 && rest.p[rest.n - 1] == '\0')
        rest.n--;
    char *line = take_room(event, name.n + 1 + rest.n);
    if (line == NULL)
        return;
    if (name.n > 0)
        memcpy(line, name.p, name.n);
    size_t n = name.n;
    if (rest.n > 0) {
        line[n++] = ' ';
        for (size_t i = 0; i < rest.n; i++)
            line[n++] = rest.p[i] == '\0' ? ' ' : rest.p[i];
    }
    event->proc_cmdline = (struct sw_str){line, n};
}

static void derive_path(struct sw_event *event)
{
    ptrdiff_t slash = sw_str_find_last_char(event->fd_name, '/');
    event->fd_type = SW_STR("file");
    if (slash < 0) {
        event->fd_filename = event->fd_name;
        return;
    }
    event->fd_directory = sw_str_part(event->fd_name, 0, slash == 0 ? 1 : (size_t)slash);
    event->fd_filename = sw_str_skip(event->fd_name, (size_t)slash + 1);
    event->fd_is_written = (event->arg_flags & O_ACCMODE) != O_RDONLY;
}

static const char *protocol_name(const struct sw_abi_socket *socket)
{
    switch (socket->protocol) {
    case IPPROTO_TCP:
        return "tcp";
    case IPPROTO_UDP:
        return "udp";
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        return "icmp";
    default:
        return socket->type == SOCK_RAW ? "raw" : "";
    }
}

static size_t format_end(
    char *p, size_t n, const struct sw_event_address *address, uint64_t port, const char *before)
{
    char text[SW_EVENT_ADDRESS_TEXT_BYTES];
    sw_event_address_format(address, text);
    bool is_v4 = sw_event_address_is_v4(address);
    int written = snprintf(p, n, is_v4 ? "%s%s:%u" : "%s[%s]:%u", before, text, (unsigned)port);
    return written < 0 ? 0 : (size_t)written < n ? (size_t)written : n - 1;
}

/* Both ends with brackets, ports, the arrow and a NUL. */
#define CONNECTION_BYTES (2 * (SW_EVENT_ADDRESS_TEXT_BYTES + 8) + 3)

/* Sets who is server, and the name. has_remote: a connection, not a waiting socket. */
static void derive_socket(
    const struct sw_abi_socket *socket, bool is_server, bool has_remote, struct sw_event *event)
{
    event->fd_is_server = is_server;
    event->fd_l4proto = sw_str_of(protocol_name(socket));
    event->fd_sip = is_server ? event->fd_lip : event->fd_rip;
    event->fd_sport = is_server ? event->fd_lport : event->fd_rport;
    event->fd_cip = is_server ? event->fd_rip : event->fd_lip;
    event->fd_cport = is_server ? event->fd_rport : event->fd_lport;
    bool is_v4 = sw_event_address_is_v4(&event->fd_lip) && sw_event_address_is_v4(&event->fd_sip);
    event->fd_type = is_v4 ? SW_STR("ipv4") : SW_STR("ipv6");
    char *name = take_room(event, CONNECTION_BYTES);
    if (name == NULL)
        return;
    size_t n = 0;
    if (has_remote)
        n = format_end(name, CONNECTION_BYTES, &event->fd_cip, event->fd_cport, "");
    n += format_end(
        name + n, CONNECTION_BYTES - n, &event->fd_sip, event->fd_sport, has_remote ? "->" : "");
    event->fd_name = (struct sw_str){name, n};
}

#define DNS_HEADER_BYTES ((size_t)12)
#define DNS_NAME_MAX ((size_t)255)
#define DNS_LABEL_MAX 63

/* The first question of a message; nothing when it is no well-formed question. */
static void derive_question(struct sw_event *event)
{
    struct sw_str message = event->dns_message;
    /* Over TCP a length comes first. */
    if (sw_str_equal_z(event->fd_l4proto, "tcp"))
        message = sw_str_skip(message, 2);
    if (message.n < DNS_HEADER_BYTES || sw_num_be16(message.p + 4) == 0)
        return;
    char *name = take_room(event, DNS_NAME_MAX);
    size_t n = 0;
    size_t at = DNS_HEADER_BYTES;
    while (name != NULL && at < message.n) {
        size_t n_label = (unsigned char)message.p[at++];
        if (n_label == 0) {
            event->dns_question = (struct sw_str){name, n};
            if (message.n - at >= 2)
                event->dns_question_type = sw_num_be16(message.p + at);
            return;
        }
        if (n_label > DNS_LABEL_MAX || n_label > message.n - at || n_label + 1 > DNS_NAME_MAX - n)
            return;
        if (n > 0)
            name[n++] = '.';
        memcpy(name + n, message.p + at, n_label);
        n += n_label;
        at += n_label;
    }
}

void sw_event_derive(const struct sw_abi_record *record, struct sw_event *event)
{
    derive_common(record, event);
    const struct sw_abi_network *network = (const void *)(record + 1);
    const struct sw_abi_dns *dns = (const void *)(record + 1);
    switch (event->kind) {
    case SW_EVENT_EXEC:
        sw_event_set_args(event, event->proc_args);
        break;
    case SW_EVENT_FORK:
        event->child_is_thread = event->child_pid == event->proc_pid;
        break;
    case SW_EVENT_EXIT:
        if (event->evt_boot_ns >= event->proc_start_ns)
            event->proc_duration_ns = event->evt_boot_ns - event->proc_start_ns;
        break;
    case SW_EVENT_OPEN:
    case SW_EVENT_SETTING:
        derive_path(event);
        break;
    case SW_EVENT_CONNECT:
        derive_socket(&network->socket, false, true, event);
        break;
    case SW_EVENT_ACCEPT:
        derive_socket(&network->socket, true, true, event);
        break;
    case SW_EVENT_LISTEN:
    case SW_EVENT_BIND:
        derive_socket(&network->socket, true, false, event);
        break;
    case SW_EVENT_DNS:
        derive_socket(&dns->socket, false, true, event);
        derive_question(event);
        break;
    case SW_EVENT_UNIX_CONNECT:
        event->fd_type = SW_STR("unix");
        break;
    case SW_EVENT_NONE:
    case SW_EVENT_CANARY:
    case SW_EVENT_PROCESS:
    case SW_EVENT_CREDENTIALS:
    case SW_EVENT_RENAME:
    case SW_EVENT_UNLINK:
    case SW_EVENT_LINK:
    case SW_EVENT_CHMOD:
    case SW_EVENT_MOUNT:
    case SW_EVENT_UMOUNT:
    case SW_EVENT_NAMESPACE:
    case SW_EVENT_PTRACE:
    case SW_EVENT_VM_WRITE:
    case SW_EVENT_MODULE:
    case SW_EVENT_BPF:
    case SW_EVENT_IO_URING:
    case SW_EVENT_MEMFD:
    case SW_EVENT_CGROUP:
    case _SW_EVENT_MAX:
        break;
    }
}
