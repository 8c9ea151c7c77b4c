/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes lib/oci/tar_split.c: lines over a directory that has one file, "a", of five bytes.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "oci/tar_split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Removed at once; what is open stays. */
static int make_directory(void)
{
    char folder[] = "/tmp/fuzz-tar-split-XXXXXX";
    if (mkdtemp(folder) == NULL)
        abort();
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int file = openat(fd, "a", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || file < 0 || write(file, "first", 5) != 5)
        abort();
    close(file);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int directory = -1;
    char block[512];
    if (directory < 0)
        directory = make_directory();
    struct sw_str bytes = {(const char *)data, size};
    struct sw_reader *lines = sw_reader_new_memory(bytes);
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    if (lines == NULL || sw_reader_new_tar_split(lines, dup(directory), &reader, NULL) < 0)
        return 0;
    while (sw_reader_read(reader, block, sizeof(block), NULL) > 0)
        ;
    lines = sw_reader_new_memory(bytes);
    if (lines != NULL)
        sw_tar_split_check(lines, dup(directory), NULL);
    return 0;
}
