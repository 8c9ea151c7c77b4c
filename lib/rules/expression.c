/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one file that knows PCRE2. Where memory may not be made executable (the sandboxed scanner)
 * there is no JIT, and the interpreter does the same more slowly.
 */
#include "rules/expression.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>

#include <pcre2.h>

#include "base/mem.h"

/* A match of a sane rule takes some hundred steps; catastrophic ones end here after milliseconds.
 */
enum { STEPS_MAX = 400000, DEPTH_MAX = 20000, HEAP_KIB_MAX = 16384 };
/* For one text of up to 64 KiB the state of JIT matching. */
enum { JIT_STACK_MIN = 32 * 1024, JIT_STACK_MAX = 512 * 1024 };

struct sw_expression {
    pcre2_general_context *general;
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    size_t n_groups;
};

static void *allocate(size_t n, void *context)
{
    (void)context;
    return sw_mem_alloc(n);
}

static void release(void *p, void *context)
{
    (void)context;
    sw_mem_free(p);
}

void sw_expression_free(struct sw_expression *expression)
{
    if (expression == NULL)
        return;
    pcre2_jit_stack_free(expression->stack);
    pcre2_match_context_free(expression->context);
    pcre2_match_data_free(expression->data);
    pcre2_code_free(expression->code);
    pcre2_general_context_free(expression->general);
    sw_mem_free(expression);
}

void sw_expression_freep(struct sw_expression **expression)
{
    sw_expression_free(*expression);
    *expression = NULL;
}

static int compile(
    struct sw_expression *expression, struct sw_str text, bool is_unicode, struct sw_err *err)
{
    pcre2_compile_context *context = pcre2_compile_context_create(expression->general);
    if (context == NULL)
        return -ENOMEM;
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    uint32_t options = PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
    if (is_unicode)
        options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    int code = 0;
    PCRE2_SIZE offset = 0;
    expression->code = pcre2_compile((PCRE2_SPTR)text.p, text.n, options, &code, &offset, context);
    pcre2_compile_context_free(context);
    if (expression->code != NULL)
        return 0;
    if (code == PCRE2_ERROR_NOMEMORY || code == 121)
        return -ENOMEM;
    char message[200] = "";
    pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof(message));
    return sw_err_set(err, -EINVAL, "expression at byte %zu: %s", (size_t)offset, message);
}

static int prepare_match(struct sw_expression *expression)
{
    uint32_t n_groups = 0;
    pcre2_pattern_info(expression->code, PCRE2_INFO_CAPTURECOUNT, &n_groups);
    expression->n_groups = n_groups;
    expression->data = pcre2_match_data_create_from_pattern(expression->code, expression->general);
    expression->context = pcre2_match_context_create(expression->general);
    if (expression->data == NULL || expression->context == NULL)
        return -ENOMEM;
    pcre2_set_match_limit(expression->context, STEPS_MAX);
    pcre2_set_depth_limit(expression->context, DEPTH_MAX);
    pcre2_set_heap_limit(expression->context, HEAP_KIB_MAX);
    if (pcre2_jit_compile(expression->code, PCRE2_JIT_COMPLETE) == 0) {
        expression->stack =
            pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, expression->general);
        if (expression->stack != NULL)
            pcre2_jit_stack_assign(expression->context, NULL, expression->stack);
    }
    return 0;
}

int sw_expression_new(struct sw_str text, struct sw_expression **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, SW_EXPRESSION_TEXT_MAX * 8);
    bool is_unicode = false;
    int r = sw_expression_translate(text, &buf, &is_unicode, err);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_expression_freep)
    struct sw_expression *expression = sw_mem_zalloc(1, sizeof(*expression));
    if (expression == NULL)
        return -ENOMEM;
    expression->general = pcre2_general_context_create(allocate, release, NULL);
    if (expression->general == NULL)
        return -ENOMEM;
    r = compile(expression, sw_buf_str(&buf), is_unicode, err);
    if (r < 0)
        return r;
    r = prepare_match(expression);
    if (r < 0)
        return r;
    *ret = SW_TAKE(expression);
    return 0;
}

size_t sw_expression_n_groups(const struct sw_expression *expression)
{
    return expression->n_groups;
}

int sw_expression_find(struct sw_expression *expression, const struct sw_expression_search *search,
    struct sw_expression_span *spans, size_t n_spans)
{
    struct sw_str text = search->text;
    if (search->from > text.n || search->last < search->from)
        return 0;
    uint32_t options = (search->flags & SW_EXPRESSION_NOT_BEGIN ? PCRE2_NOTBOL : 0) |
                       (search->flags & SW_EXPRESSION_NOT_END ? PCRE2_NOTEOL : 0);
    pcre2_set_offset_limit(expression->context, search->last < text.n ? search->last : PCRE2_UNSET);
    const char *p = text.p != NULL ? text.p : "";
    int r = pcre2_match(expression->code, (PCRE2_SPTR)p, text.n, search->from, options,
        expression->data, expression->context);
    if (r == PCRE2_ERROR_NOMATCH || r == PCRE2_ERROR_BADUTFOFFSET)
        return 0;
    if (r == PCRE2_ERROR_NOMEMORY)
        return -ENOMEM;
    if (r < 0)
        return -E2BIG;
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(expression->data);
    size_t n_set = pcre2_get_ovector_count(expression->data);
    for (size_t i = 0; i < n_spans; i++) {
        bool is_set = i < n_set && offsets[2 * i] != PCRE2_UNSET;
        spans[i] = is_set ? (struct sw_expression_span){offsets[2 * i], offsets[2 * i + 1]}
                          : (struct sw_expression_span){1, 0};
    }
    return 1;
}

int sw_expression_match(struct sw_expression *expression, struct sw_str text)
{
    const struct sw_expression_search search = {.text = text, .last = SIZE_MAX};
    struct sw_expression_span span;
    return sw_expression_find(expression, &search, &span, 1);
}
