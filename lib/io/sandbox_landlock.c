/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock by its system calls: everything that this kernel can restrict is, and reading is given
 * back below the directories handed in. Constants are ours, so that old headers build new limits.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "io/sandbox_priv.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH 1
#define FS_READ_FILE ((uint64_t)1 << 2)
#define FS_READ_DIRECTORY ((uint64_t)1 << 3)
/* Bits 0 to 12 came with the first version, one each with 2 (refer), 3 (truncate), 5 (ioctl). */
#define FS_ABI_1 (((uint64_t)1 << 13) - 1)
#define FS_REFER ((uint64_t)1 << 13)
#define FS_TRUNCATE ((uint64_t)1 << 14)
#define FS_IOCTL_DEVICE ((uint64_t)1 << 15)
/* Version 4: bind and connect of TCP. Version 6: abstract sockets and signals of others. */
#define NET_ALL ((uint64_t)3)
#define SCOPE_ALL ((uint64_t)3)

struct ruleset {
    uint64_t fs;
    uint64_t net;
    uint64_t scope;
};

struct path_beneath {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

static struct ruleset all_of(unsigned abi, size_t *ret_size)
{
    struct ruleset ruleset = {.fs = FS_ABI_1};
    if (abi >= 2)
        ruleset.fs |= FS_REFER;
    if (abi >= 3)
        ruleset.fs |= FS_TRUNCATE;
    if (abi >= 5)
        ruleset.fs |= FS_IOCTL_DEVICE;
    if (abi >= 4)
        ruleset.net = NET_ALL;
    if (abi >= 6)
        ruleset.scope = SCOPE_ALL;
    *ret_size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    return ruleset;
}

int sw_sandbox_landlock(const struct sw_sandbox_options *options, enum sw_sandbox_state *ret,
    unsigned *ret_abi, struct sw_err *err)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    if (abi < 1) {
        /* Not built in, not switched on, or hidden by a container's own filter. */
        *ret = SW_SANDBOX_UNAVAILABLE;
        *ret_abi = 0;
        return 0;
    }
    size_t size = 0;
    struct ruleset ruleset = all_of((unsigned)abi, &size);
    SW_CLEANUP(sw_descriptor_closep)
    int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
    if (fd < 0)
        return sw_err_wrap(err, -errno, "create the rule set");
    for (size_t i = 0; i < options->n_directory_fds; i++) {
        struct path_beneath rule = {
            .allowed = FS_READ_FILE | FS_READ_DIRECTORY, .parent_fd = options->directory_fds[i]};
        if (syscall(SYS_landlock_add_rule, fd, RULE_PATH_BENEATH, &rule, 0) < 0)
            return sw_err_wrap(err, -errno, "allow directory %zu", i);
    }
    if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
        return sw_err_wrap(err, -errno, "restrict");
    *ret = SW_SANDBOX_ON;
    *ret_abi = (unsigned)abi;
    return 0;
}
