/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole database on its way to another site: exported as one packed, maybe signed file, and
 * imported by rename after everything about it was checked.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* Checks the database, then writes it to `output`. private_key: PEM, or NULL. */
int sw_exchange_export(
    const char *database, const char *output, const char *private_key, struct sw_err *err);

struct sw_exchange_import {
    const char *file;       /* what export wrote, or a database as it is */
    const char *database;   /* whose place it takes; its directory is made */
    const char *public_key; /* PEM, or NULL: signatures are not asked for */
    const char *signature;  /* of a database as it is: a file of 64 bytes; NULL: FILE.sig */
    bool is_forced;         /* also when it is older than the one in force */
};

/* 0; -EKEYREJECTED: not signed, or by another key; -ESTALE: older than what is there; others. The
 * old database stays until the new one is found sound. */
int sw_exchange_import(const struct sw_exchange_import *import, struct sw_err *err);
