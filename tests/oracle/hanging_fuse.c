/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A FUSE file system whose files and directories never answer: what a dead network share looks
 * like. `hanging_fuse MOUNTPOINT` stays in the foreground; end it with SIGTERM and umount -l.
 */
#define FUSE_USE_VERSION 35

#include <errno.h>
#include <fuse.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int get_attributes(const char *path, struct stat *status, struct fuse_file_info *info)
{
    (void)info;
    memset(status, 0, sizeof(*status));
    status->st_mode = strcmp(path, "/") == 0 ? S_IFDIR | 0755 : S_IFREG | 0644;
    status->st_nlink = 1;
    status->st_size = 4096;
    return 0;
}

static int read_directory(const char *path, void *buf, fuse_fill_dir_t fill, off_t offset,
    struct fuse_file_info *info, enum fuse_readdir_flags flags)
{
    (void)path;
    (void)buf;
    (void)fill;
    (void)offset;
    (void)info;
    (void)flags;
    for (;;)
        pause();
}

static int open_file(const char *path, struct fuse_file_info *info)
{
    (void)path;
    (void)info;
    for (;;)
        pause();
}

static const struct fuse_operations operations = {
    .getattr = get_attributes,
    .readdir = read_directory,
    .open = open_file,
};

int main(int argc, char **argv)
{
    char *arguments[] = {argv[0], (char *)"-f", argc > 1 ? argv[1] : (char *)"", NULL};
    return fuse_main(3, arguments, &operations, NULL);
}
