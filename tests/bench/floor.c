/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor for a scan: only decompress and hash the given layers, with the product's own
 * decompressor and digest and as many threads as the scan uses. `bench_floor THREADS LAYER...`
 * prints the uncompressed bytes. A layer is FILE or FILE:OFFSET:LENGTH.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/decompress.h"
#include "io/digest.h"
#include "io/reader.h"

#define CHUNK ((size_t)256 * 1024)

struct range {
    int fd;
    off_t at;
    off_t end;
    struct sw_digest digest;
};

static char **layers;
static int n_layers;
static atomic_int next_layer;
static atomic_ullong n_bytes;

static ssize_t read_range(void *state, void *p, size_t n, struct sw_err *err)
{
    struct range *range = state;
    if ((off_t)n > range->end - range->at)
        n = (size_t)(range->end - range->at);
    ssize_t r = n > 0 ? pread(range->fd, p, n, range->at) : 0;
    if (r < 0)
        return sw_err_set(err, -errno, "read");
    range->at += r;
    if (r > 0)
        sw_digest_update(&range->digest, p, (size_t)r);
    return r;
}

static void free_range(void *state)
{
    (void)state;
}

static void run_layer(const char *name)
{
    static const struct sw_reader_ops ops = {.read = read_range, .free = free_range};
    char path[4096];
    long long from = 0;
    long long length = -1;
    snprintf(path, sizeof(path), "%s", name);
    char *colon = strchr(path, ':');
    if (colon != NULL) {
        *colon = '\0';
        sscanf(colon + 1, "%lld:%lld", &from, &length);
    }
    struct sw_err err = {0};
    struct range range = {.fd = open(path, O_RDONLY | O_CLOEXEC), .at = from};
    range.end = length >= 0 ? from + length : lseek(range.fd, 0, SEEK_END);
    struct sw_reader *reader = NULL;
    enum sw_compression kind = SW_COMPRESSION_NONE;
    if (range.fd < 0 || sw_digest_init(&range.digest, SW_DIGEST_SHA256) < 0 ||
        sw_reader_new_decompress(sw_reader_new(&ops, &range), 0, &reader, &kind, &err) < 0) {
        fprintf(stderr, "%s: %s\n", name, err.message);
        exit(1);
    }
    char *chunk = malloc(CHUNK);
    ssize_t n;
    while ((n = sw_reader_read(reader, chunk, CHUNK, &err)) > 0)
        atomic_fetch_add(&n_bytes, (unsigned long long)n);
    if (n < 0)
        fprintf(stderr, "%s: %s\n", name, err.message);
    free(chunk);
    sw_reader_free(reader);
    char text[SW_DIGEST_TEXT_BYTES];
    sw_digest_final(&range.digest, text);
    sw_digest_done(&range.digest);
    close(range.fd);
}

static void *work(void *unused)
{
    (void)unused;
    int i;
    while ((i = atomic_fetch_add(&next_layer, 1)) < n_layers)
        run_layer(layers[i]);
    return NULL;
}

int main(int argc, char **argv)
{
    int n_threads = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 0;
    if (n_threads < 1 || n_threads > 64) {
        fprintf(stderr, "usage: bench_floor THREADS LAYER...\n");
        return 2;
    }
    layers = argv + 2;
    n_layers = argc - 2;
    pthread_t threads[64];
    for (int i = 0; i < n_threads; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    printf("%llu\n", (unsigned long long)n_bytes);
    return 0;
}
