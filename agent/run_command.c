/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall-agent run`: the loop. Attach, seed, then read until told to end.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "filter.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "io/process_signal.h"
#include "model/json_writer.h"
#include "sensor/kernel.h"
#include "stats.h"
#include "stream.h"

/* How long the loop waits for records: how late a line of the shared rings may be. */
#define POLL_MS 50
#define BEAT_NS ((int64_t)1000000000)
/* A ring that gave no heartbeat for so long is an alarm. */
#define SILENCE_BEATS 3
/* A recording to be replayed is held in memory. */
#define REPLAY_MAX ((size_t)1 << 30)
#define TEXT_MAX ((size_t)1 << 20)

struct options {
    struct sw_filter filter;
    struct sw_kernel_options kernel;
    const char *output;
    const char *record;
    const char *replay;
    int64_t duration_ms; /* 0: until told to end */
    bool has_stats;
    bool has_canaries;
    bool wants_seed;
};

struct run {
    struct options options;
    struct sw_node node;
    struct sw_kernel_status status;
    struct sw_stream *stream;
    struct sw_source *source;
    struct sw_buf replay;
    int output_fd;
    int record_fd;
    uint64_t n_beats;
    int64_t next_beat_ns;
    bool is_silent; /* said already */
};

static const char help[] =
    "usage: seawall-agent run [OPTIONS]\n"
    "Writes what happens on this node as lines of JSON (docs/events.md). Needs root.\n\n"
    "  --filter NAME=VALUE[,VALUE]  only events whose field has one of the values; NAME!=VALUE "
    "for\n"
    "                               the others. `kind` is short for evt.kind; repeatable\n"
    "  --output FILE                append to FILE instead of standard output\n"
    "  --seed                       first the processes that are there already\n"
    "  --threads                    new threads are events as well\n"
    "  --self                       report the agent itself too\n"
    "  --canaries                   write heartbeats out too\n"
    "  --rings N                    rings besides the priority ring (default: per processor, up to "
    "8)\n"
    "  --ring-bytes N               size of each of them\n"
    "  --priority-bytes N           size of the priority ring\n"
    "  --duration SECONDS           end by itself\n"
    "  --stats                      at the end the account on standard error, as JSON\n"
    "  --record FILE                keep the records as they came, for --replay\n"
    "  --replay FILE                events of a recording instead of the kernel's\n";

enum {
    OPT_FILTER = 256,
    OPT_OUTPUT,
    OPT_SEED,
    OPT_THREADS,
    OPT_SELF,
    OPT_CANARIES,
    OPT_RINGS,
    OPT_RING_BYTES,
    OPT_PRIORITY_BYTES,
    OPT_DURATION,
    OPT_STATS,
    OPT_RECORD,
    OPT_REPLAY,
};

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"filter", required_argument, NULL, OPT_FILTER},
    {"output", required_argument, NULL, OPT_OUTPUT},
    {"seed", no_argument, NULL, OPT_SEED},
    {"threads", no_argument, NULL, OPT_THREADS},
    {"self", no_argument, NULL, OPT_SELF},
    {"canaries", no_argument, NULL, OPT_CANARIES},
    {"rings", required_argument, NULL, OPT_RINGS},
    {"ring-bytes", required_argument, NULL, OPT_RING_BYTES},
    {"priority-bytes", required_argument, NULL, OPT_PRIORITY_BYTES},
    {"duration", required_argument, NULL, OPT_DURATION},
    {"stats", no_argument, NULL, OPT_STATS},
    {"record", required_argument, NULL, OPT_RECORD},
    {"replay", required_argument, NULL, OPT_REPLAY},
    {NULL, 0, NULL, 0},
};

static int take_number(const char *name, uint64_t max, uint64_t *ret, struct sw_err *err)
{
    uint64_t n;
    if (sw_str_parse_u64(sw_str_of(optarg), 10, &n) < 0 || n == 0 || n > max)
        return sw_err_set(
            err, -EINVAL, "%s '%s' is no number from 1 to %" PRIu64, name, optarg, max);
    *ret = n;
    return 0;
}

static int take_option(int option, struct options *options, struct sw_err *err)
{
    uint64_t n = 0;
    int r = 0;
    switch (option) {
    case OPT_FILTER:
        return sw_filter_add(&options->filter, sw_str_of(optarg), err);
    case OPT_OUTPUT:
        options->output = optarg;
        break;
    case OPT_SEED:
        options->wants_seed = true;
        break;
    case OPT_THREADS:
        options->kernel.wants_threads = true;
        break;
    case OPT_SELF:
        options->kernel.wants_self = true;
        break;
    case OPT_CANARIES:
        options->has_canaries = true;
        break;
    case OPT_RINGS:
        r = take_number("--rings", SW_ABI_RINGS_MAX, &n, err);
        options->kernel.n_rings = (unsigned)n;
        break;
    case OPT_RING_BYTES:
        r = take_number("--ring-bytes", (uint64_t)1 << 30, &n, err);
        options->kernel.ring_bytes = n;
        break;
    case OPT_PRIORITY_BYTES:
        r = take_number("--priority-bytes", (uint64_t)1 << 30, &n, err);
        options->kernel.priority_bytes = n;
        break;
    case OPT_DURATION:
        r = take_number("--duration", INT32_MAX, &n, err);
        options->duration_ms = (int64_t)n * 1000;
        break;
    case OPT_STATS:
        options->has_stats = true;
        break;
    case OPT_RECORD:
        options->record = optarg;
        break;
    case OPT_REPLAY:
        options->replay = optarg;
        break;
    default:
        return sw_err_set(err, -EINVAL, "see seawall-agent run --help");
    }
    return r;
}

/* 1 when help was asked for. */
static int parse(int argc, char **argv, struct options *options, struct sw_err *err)
{
    optind = 1;
    opterr = 0;
    int option;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (option == 'h')
            return 1;
        int r = take_option(option, options, err);
        if (r < 0)
            return r;
    }
    if (optind < argc)
        return sw_err_set(err, -EINVAL, "'%s' is not expected", argv[optind]);
    options->kernel.kinds = sw_filter_kinds(&options->filter);
    return 0;
}

static int open_output(const char *path, int *ret_fd, struct sw_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return sw_err_set(err, -errno, "cannot open '%s': %s", path, strerror(errno));
    *ret_fd = fd;
    return 0;
}

/* The first line: what holds for all that follow. */
static int write_head(const struct run *run)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf boot_id = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf line = {0};
    sw_buf_init(&boot_id, 128);
    sw_buf_init(&line, TEXT_MAX);
    if (run->options.replay == NULL) {
        SW_CLEANUP(sw_descriptor_closep)
        int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
        char text[64];
        ssize_t n = fd < 0 ? -errno : sw_descriptor_read_full(fd, text, sizeof(text));
        if (n > 0)
            sw_buf_append(&boot_id, text, (size_t)n);
    }
    struct sw_json_writer writer;
    sw_json_writer_init(&writer, &line, NULL, NULL);
    sw_json_write_object(&writer, NULL);
    sw_json_write_text(&writer, "evt.kind", "stream");
    sw_json_write_optional(&writer, "stream.boot_id", sw_str_trim(sw_buf_str(&boot_id)));
    sw_json_write_text(&writer, "stream.version", SEAWALL_VERSION);
    sw_json_write_u64(&writer, "stream.schema", SW_ABI_VERSION);
    sw_json_write_text(&writer, "stream.source", run->source->ops->name);
    sw_json_write_object(&writer, "stream.tiers");
    const char *before = "";
    for (size_t i = 0; run->options.replay == NULL && sw_hooks[i].need != NULL; i++) {
        if (run->status.hooks[i].state != SW_HOOK_ATTACHED || strcmp(before, sw_hooks[i].need) == 0)
            continue;
        before = sw_hooks[i].need;
        sw_json_write_text(&writer, before, sw_hook_tier_letter(sw_hooks[i].tier));
    }
    sw_json_write_end(&writer);
    sw_json_write_end(&writer);
    int r = sw_json_writer_finish(&writer);
    if (r == 0)
        r = sw_buf_append_char(&line, '\n');
    return r < 0 ? r : sw_descriptor_write_full(run->output_fd, line.p, line.n);
}

static int open_source(struct run *run, struct sw_err *err)
{
    struct sw_source_handler handler = sw_stream_handler(run->stream);
    if (run->options.replay != NULL) {
        sw_buf_init(&run->replay, REPLAY_MAX);
        int r = sw_file_load(AT_FDCWD, run->options.replay, &run->replay, err);
        return r < 0 ? r : sw_replay_source_new(sw_buf_str(&run->replay), &handler, &run->source);
    }
    sw_node_probe(&run->node);
    int r = sw_kernel_source_new(
        &run->node, &run->options.kernel, &handler, &run->status, &run->source, err);
    if (r < 0)
        return r;
    for (size_t i = 0; sw_hooks[i].need != NULL; i++)
        if (run->status.hooks[i].state == SW_HOOK_FAILED)
            sw_log_write(SW_LOG_WARNING, "sensor", "hook %s (%s): %s", sw_hooks[i].program,
                sw_hooks[i].need, run->status.hooks[i].reason);
    sw_log_write(SW_LOG_NOTICE, "sensor", "rings of %zu bytes", run->status.bytes);
    return 0;
}

static int start(struct run *run, struct sw_err *err)
{
    struct options *options = &run->options;
    run->output_fd = STDOUT_FILENO;
    run->record_fd = -1;
    int r = sw_process_signal_hold();
    if (r == 0 && options->output != NULL)
        r = open_output(options->output, &run->output_fd, err);
    if (r == 0 && options->record != NULL)
        r = open_output(options->record, &run->record_fd, err);
    if (r < 0)
        return r;
    struct sw_stream_options stream = {
        &options->filter, run->output_fd, run->record_fd, options->has_canaries};
    r = sw_stream_new(&stream, &run->stream, err);
    if (r == 0)
        r = open_source(run, err);
    if (r == 0)
        r = write_head(run);
    if (r == 0 && options->wants_seed)
        r = sw_source_seed(run->source, err);
    return r;
}

static void beat(struct run *run, int64_t now_ns)
{
    if (now_ns < run->next_beat_ns || run->options.replay != NULL)
        return;
    run->next_beat_ns = now_ns + BEAT_NS;
    if (sw_source_beat(run->source, run->n_beats + 1) == 0)
        run->n_beats++;
    const struct sw_stream_ring *rings = sw_stream_rings(run->stream);
    bool is_silent = false;
    for (unsigned i = 0; i < run->source->n_rings; i++)
        is_silent |= rings[i].last_beat + SILENCE_BEATS < run->n_beats;
    if (is_silent && !run->is_silent)
        sw_log_write(SW_LOG_ERROR, "sensor", "a ring is silent: heartbeats do not come out of it");
    run->is_silent = is_silent;
}

/* Until told to end, or the source or the output has ended. */
static int loop(struct run *run, struct sw_err *err)
{
    int64_t end_ns = run->options.duration_ms == 0
                         ? INT64_MAX
                         : sw_clock_monotonic_ns() + run->options.duration_ms * 1000000;
    for (;;) {
        int n = sw_source_poll(run->source, POLL_MS);
        int r = sw_stream_flush(run->stream);
        if (n == -ENODATA)
            return r;
        if (n < 0)
            return sw_err_set(err, n, "cannot read events: %s", strerror(-n));
        if (r < 0)
            return r == -EPIPE ? 0 : sw_err_set(err, r, "cannot write events: %s", strerror(-r));
        int64_t now_ns = sw_clock_monotonic_ns();
        beat(run, now_ns);
        if (now_ns >= end_ns || sw_process_signal_wait(0) >= 0)
            break;
    }
    sw_source_stop(run->source);
    int n;
    do
        n = sw_source_poll(run->source, 0);
    while (n > 0);
    int r = sw_stream_flush(run->stream);
    return r == -EPIPE ? 0 : r;
}

static int account(struct run *run)
{
    struct sw_stats stats = {.stream = sw_stream_counters(run->stream),
        .rings = sw_stream_rings(run->stream),
        .n_rings = run->source->n_rings,
        .n_broken = sw_stream_n_broken(run->stream),
        .n_beats = run->n_beats};
    if (sw_source_count(run->source, &stats.kernel) < 0)
        return SW_AGENT_FAILED;
    if (run->options.has_stats) {
        SW_CLEANUP(sw_buf_done) struct sw_buf line = {0};
        sw_buf_init(&line, TEXT_MAX);
        if (sw_stats_write(&stats, &line) == 0)
            sw_agent_print(STDERR_FILENO, &line);
    }
    uint64_t n_lost = sw_stats_n_lost(&stats);
    if (!sw_stats_agree(&stats))
        sw_log_write(SW_LOG_ERROR, "sensor", "the counters do not agree (--stats shows them)");
    else if (n_lost > 0)
        sw_log_write(SW_LOG_WARNING, "sensor", "%" PRIu64 " events lost", n_lost);
    else
        return SW_AGENT_DONE;
    return SW_AGENT_INCOMPLETE;
}

static void end(struct run *run)
{
    sw_source_free(run->source);
    sw_stream_free(run->stream);
    sw_buf_done(&run->replay);
    sw_descriptor_closep(&run->record_fd);
    if (run->output_fd != STDOUT_FILENO)
        sw_descriptor_closep(&run->output_fd);
    sw_mem_free(run);
}

static int run_command(int argc, char **argv)
{
    struct run *run = sw_mem_zalloc(1, sizeof(*run));
    if (run == NULL)
        return sw_agent_fail(SW_AGENT_FAILED, "out of memory");
    run->output_fd = run->record_fd = -1;
    struct sw_err err = {0};
    int status;
    int r = parse(argc, argv, &run->options, &err);
    if (r != 0) {
        struct sw_buf text = {.p = (char *)help, .n = sizeof(help) - 1};
        status = r > 0 ? SW_AGENT_DONE : sw_agent_fail(SW_AGENT_USAGE, err.message);
        if (r > 0)
            sw_agent_print(STDOUT_FILENO, &text);
        end(run);
        return status;
    }
    r = start(run, &err);
    if (r == 0)
        r = loop(run, &err);
    if (r < 0)
        status =
            sw_agent_fail(SW_AGENT_FAILED, err.message[0] != '\0' ? err.message : strerror(-r));
    else
        status = account(run);
    end(run);
    return status;
}

const struct sw_agent_command sw_agent_run_command = {
    .name = "run",
    .usage = "run [OPTIONS]",
    .summary = "write what happens as lines of JSON",
    .run = run_command,
};
