/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall-agent probe`: which tier this node gets, hook by hook, and why. `seawall-agent
 * preflight`: what will not work here, before anything is installed.
 */
#include "command.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "sensor/kernel.h"
#include "sensor/node.h"

#define TEXT_MAX ((size_t)1 << 20)

static void print_ability(
    struct sw_buf *text, const char *name, const struct sw_node_ability *ability)
{
    sw_buf_printf(text, "  %-26s %s%s%s\n", name, ability->is_there ? "yes" : "no",
        ability->is_there ? "" : ": ", ability->reason);
}

static void print_node(struct sw_buf *text, const struct sw_node *node)
{
    sw_buf_append_str(text, SW_STR("kernel\n"));
    print_ability(text, "programs may be loaded", &node->may_load);
    print_ability(text, "BTF", &node->btf);
    print_ability(text, "ring buffers", &node->ring_buffer);
    print_ability(text, "sequence numbers", &node->fetch);
    print_ability(text, "A: BPF LSM", &node->lsm);
    print_ability(text, "B: fentry", &node->fentry);
    print_ability(text, "C: per-syscall tracepoints", &node->syscalls);
}

static void ignore_record(void *context, struct sw_str record)
{
    (void)context;
    (void)record;
}

static const char *const state_texts[] = {
    [SW_HOOK_UNWANTED] = "not needed",
    [SW_HOOK_MISSING] = "missing",
    [SW_HOOK_SPARE] = "spare: a better tier serves",
    [SW_HOOK_ATTACHED] = "attached",
    [SW_HOOK_FAILED] = "failed",
};

static void print_hooks(struct sw_buf *text, const struct sw_kernel_status *status)
{
    sw_buf_append_str(text, SW_STR("hooks\n"));
    for (size_t i = 0; sw_hooks[i].need != NULL; i++) {
        const struct sw_hook_status *hook = &status->hooks[i];
        sw_buf_printf(text, "  %-12s %s  %-28s %s%s%s\n", sw_hooks[i].need,
            sw_hook_tier_letter(sw_hooks[i].tier), sw_hooks[i].target, state_texts[hook->state],
            hook->reason[0] != '\0' ? ": " : "", hook->reason);
    }
}

/* Loads and attaches everything for a moment. 0: events can come from this kernel. */
static int try_all(struct sw_buf *text, const struct sw_node *node)
{
    const char *reason = "";
    if (!sw_node_has_events(node, &reason)) {
        sw_buf_printf(text, "no kernel events: %s\n", reason);
        return -1;
    }
    SW_CLEANUP(sw_mem_freep) struct sw_kernel_status *status = sw_mem_zalloc(1, sizeof(*status));
    if (status == NULL)
        return -1;
    struct sw_kernel_options options = {.kinds = UINT64_MAX, .n_rings = 1};
    struct sw_source_handler handler = {ignore_record, NULL};
    SW_CLEANUP(sw_source_freep) struct sw_source *source = NULL;
    struct sw_err err = {0};
    int r = sw_kernel_source_new(node, &options, &handler, status, &source, &err);
    print_hooks(text, status);
    if (r < 0)
        sw_buf_printf(text, "%s\n", err.message);
    return r;
}

static int run_probe(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return sw_agent_fail(SW_AGENT_USAGE, "probe takes no arguments");
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, TEXT_MAX);
    struct sw_node node;
    sw_node_probe(&node);
    print_node(&text, &node);
    int r = try_all(&text, &node);
    sw_agent_print(STDOUT_FILENO, &text);
    return r < 0 ? SW_AGENT_FAILED : SW_AGENT_DONE;
}

const struct sw_agent_command sw_agent_probe_command = {
    .name = "probe",
    .usage = "probe",
    .summary = "which hooks this node gets, and why",
    .run = run_probe,
};

/* What does not work on this node, one line each; none: all does. */
static int run_preflight(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return sw_agent_fail(SW_AGENT_USAGE, "preflight takes no arguments");
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, TEXT_MAX);
    struct sw_node node;
    sw_node_probe(&node);
    const char *reason = "";
    bool has_events = sw_node_has_events(&node, &reason);
    if (geteuid() != 0)
        sw_buf_append_str(&text, SW_STR("not root: what follows may work as root\n"));
    if (!has_events)
        sw_buf_printf(&text, "no kernel events: %s\n", reason);
    else if (!node.fetch.is_there)
        sw_buf_printf(
            &text, "no sequence numbers (kernel older than 5.12): %s\n", node.fetch.reason);
    for (size_t i = 0; has_events && sw_hooks[i].need != NULL; i++) {
        /* Only the last tier counts: one that is better may be missing. */
        char why[SW_NODE_REASON_BYTES] = "";
        bool is_last =
            sw_hooks[i + 1].need == NULL || strcmp(sw_hooks[i + 1].need, sw_hooks[i].need) != 0;
        bool has_any = false;
        for (size_t k = i + 1;
             is_last && k-- > 0 && strcmp(sw_hooks[k].need, sw_hooks[i].need) == 0;)
            has_any |= sw_node_has_hook(&node, &sw_hooks[k], why);
        if (is_last && !has_any)
            sw_buf_printf(&text, "no events of '%s': %s\n", sw_hooks[i].need, why);
    }
    if (has_events && !node.lsm.is_there)
        sw_buf_printf(
            &text, "nothing can be refused before it happens (BPF LSM: %s)\n", node.lsm.reason);
    if (text.n == 0)
        sw_buf_append_str(&text, SW_STR("all works on this node\n"));
    sw_agent_print(STDOUT_FILENO, &text);
    return has_events ? SW_AGENT_DONE : SW_AGENT_FAILED;
}

const struct sw_agent_command sw_agent_preflight_command = {
    .name = "preflight",
    .usage = "preflight",
    .summary = "what will not work on this node",
    .run = run_preflight,
};
