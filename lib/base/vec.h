/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing array of any type, with a cap given at each push.
 *
 *     SW_VEC(struct sw_package) packages = {0};
 *     if (sw_vec_push(&packages, package, PACKAGES_MAX) < 0) ...
 *     sw_vec_done(&packages);
 */
#pragma once

#include <stddef.h>

#define SW_VEC(type)                                                                               \
    struct {                                                                                       \
        type *v; /* owned */                                                                       \
        size_t n;                                                                                  \
        size_t capacity;                                                                           \
    }

/* Appends a copy of item: 0, -ENOMEM, or -EFBIG when it already holds max items. */
#define sw_vec_push(vec, item, max)                                                                \
    __extension__({                                                                                \
        int _r =                                                                                   \
            sw_vec_grow((void **)&(vec)->v, (vec)->n, &(vec)->capacity, sizeof(*(vec)->v), (max)); \
        if (_r == 0)                                                                               \
            (vec)->v[(vec)->n++] = (item);                                                         \
        _r;                                                                                        \
    })

#define sw_vec_done(vec)                                                                           \
    do {                                                                                           \
        sw_vec_free((void **)&(vec)->v);                                                           \
        (vec)->n = 0;                                                                              \
        (vec)->capacity = 0;                                                                       \
    } while (0)

#define SW_VEC_EACH(item, vec)                                                                     \
    for (__typeof__((vec)->v[0]) *item = (vec)->v; (vec)->n > 0 && item < (vec)->v + (vec)->n;     \
         item++)

/* The machinery of sw_vec_push and sw_vec_done. */
int sw_vec_grow(void **v, size_t n, size_t *capacity, size_t item_size, size_t max);
void sw_vec_free(void **v);
