/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assembles small ELF files that do nothing, for tests: one segment of code and as many sections
 * as asked for.
 */
#pragma once

#include <string.h>

#include "base/buf.h"

struct test_elf {
    uint16_t type;
    uint64_t entry;
    uint64_t table_offset;
    uint16_t table_entry_bytes;
    uint16_t n_sections;
    uint16_t names_index;
    uint64_t code_address;  /* of the code section */
    uint64_t section_bytes; /* as that section claims */
    size_t n_code;
    bool is_dense; /* the code looks compressed */
    bool is_upx;   /* with the mark of UPX */
    bool is_dynamic;
};

#define TEST_ELF_BASE ((uint64_t)0x400000)
#define TEST_ELF_CODE_AT ((uint64_t)0x200)

static inline void test_elf_put(char *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (char)(v >> (8 * i));
}

/* As a linker would write it: two sections, the second of code. */
static inline struct test_elf test_elf_plain(void)
{
    return (struct test_elf){
        .type = 2,
        .entry = TEST_ELF_BASE + TEST_ELF_CODE_AT,
        .table_offset = TEST_ELF_CODE_AT + 8192,
        .table_entry_bytes = 64,
        .n_sections = 2,
        .names_index = 1,
        .code_address = TEST_ELF_BASE + TEST_ELF_CODE_AT,
        .section_bytes = 8192,
        .n_code = 8192,
    };
}

static inline void test_elf_header(const struct test_elf *elf, char *p)
{
    memcpy(p, "\177ELF\2\1\1", 7);
    test_elf_put(p + 16, elf->type, 2);
    test_elf_put(p + 18, 62, 2);
    test_elf_put(p + 20, 1, 4);
    test_elf_put(p + 24, elf->entry, 8);
    test_elf_put(p + 32, 64, 8);
    test_elf_put(p + 40, elf->table_offset, 8);
    test_elf_put(p + 52, 64, 2);
    test_elf_put(p + 54, 56, 2);
    test_elf_put(p + 56, elf->is_dynamic ? 2 : 1, 2);
    test_elf_put(p + 58, elf->table_entry_bytes, 2);
    test_elf_put(p + 60, elf->n_sections, 2);
    test_elf_put(p + 62, elf->names_index, 2);
    char *segment = p + 64;
    test_elf_put(segment, 1, 4);
    test_elf_put(segment + 4, 5, 4);
    test_elf_put(segment + 16, TEST_ELF_BASE, 8);
    test_elf_put(segment + 32, TEST_ELF_CODE_AT + elf->n_code, 8);
    test_elf_put(segment + 40, TEST_ELF_CODE_AT + elf->n_code, 8);
    if (elf->is_dynamic)
        test_elf_put(segment + 56, 2, 4);
    if (elf->is_upx)
        memcpy(segment + (elf->is_dynamic ? 112 : 56) + 4, "UPX!", 4);
}

/* Appends the file. */
static inline void test_elf_make(const struct test_elf *elf, struct sw_buf *buf)
{
    char head[TEST_ELF_CODE_AT] = {0};
    test_elf_header(elf, head);
    if (sw_buf_append(buf, head, sizeof(head)) < 0)
        __builtin_trap();
    uint32_t random = 12345;
    for (size_t i = 0; i < elf->n_code; i++) {
        random = random * 1664525U + 1013904223U;
        if (sw_buf_append_char(buf, elf->is_dense ? (char)(random >> 24) : (char)(i % 23)) < 0)
            __builtin_trap();
    }
    char table[128] = {0};
    char *code = table + 64;
    test_elf_put(code + 4, 1, 4);
    test_elf_put(code + 8, 6, 8);
    test_elf_put(code + 16, elf->code_address, 8);
    test_elf_put(code + 24, TEST_ELF_CODE_AT, 8);
    test_elf_put(code + 32, elf->section_bytes, 8);
    if (elf->n_sections > 0 && sw_buf_append(buf, table, sizeof(table)) < 0)
        __builtin_trap();
}
