/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed memory.
 */
#include "io/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "io/descriptor.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

int sw_sealed_new(const char *name, struct sw_str bytes, int *ret_fd, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return sw_err_set(err, -errno, "memory for '%s': %s", name, strerror(errno));
    int r = sw_descriptor_write_full(fd, bytes.p, bytes.n);
    if (r < 0)
        return sw_err_set(err, r, "memory for '%s': %s", name, strerror(-r));
    if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
        return sw_err_set(err, -errno, "seal '%s': %s", name, strerror(errno));
    *ret_fd = sw_descriptor_take(&fd);
    return 0;
}

int sw_sealed_map(int fd, size_t n, struct sw_str *ret, struct sw_err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return sw_err_set(err, -errno, "memory: %s", strerror(errno));
    if (n == 0 || (uint64_t)st.st_size < n)
        return sw_err_set(err, -EINVAL, "memory of %lld bytes, not %zu", (long long)st.st_size, n);
    void *p = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return sw_err_set(err, -errno, "map memory: %s", strerror(errno));
    *ret = (struct sw_str){p, n};
    return 0;
}

void sw_sealed_unmap(struct sw_str *bytes)
{
    if (bytes->p != NULL)
        munmap((void *)bytes->p, bytes->n);
    *bytes = SW_STR_NONE;
}
