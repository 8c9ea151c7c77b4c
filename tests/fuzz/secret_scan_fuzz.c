/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes, in blocks of any size, through the search for secrets with a few rules of every kind:
 * the decoders of Base64 and UTF-16, windows, exact matches, reporting.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "harness/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char rules[] =
    "[[rules]]\nid='token'\nregex='''tok_([a-z0-9]{4,40})\\b'''\nentropy=1\n"
    "[[rules]]\nid='generic'\nregex='''(?i)[\\w.-]{0,50}?key[ \\t]{0,20}[=:][ "
    "'\"]{0,3}(\\S{4,})'''\n"
    "keywords=['key']\n[[rules.allowlists]]\nregexTarget='line'\nregexes=['dummy$']\n"
    "[[rules]]\nid='long'\nregex='''BEGIN[\\s\\S-]{4,}?END'''\n"
    "[[rules]]\nid='path'\npath='''\\.p12$'''\n"
    "[[rules]]\nid='unicode'\nregex='''pw=\\p{L}+'''\nkeywords=['pw=']\n"
    "[[rules]]\nid='jwt'\nregex='''ey[\\w-]{4,}\\.[\\w.-]+'''\nchecksum='jwt'\n"
    "[allowlist]\nstopwords=['example']\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct test_secret test;
    if (test.scanner == NULL)
        test_secret_init(&test, rules);
    if (n < 2)
        return 0;
    test.n = 0;
    /* Often enough over a window: the text repeated. */
    size_t times = data[0] % 16 == 0 ? 200000 / n + 1 : 1;
    size_t block = (size_t)data[1] * data[1] + 1;
    struct sw_buf buf;
    sw_buf_init(&buf, (size_t)1 << 20);
    for (size_t i = 0; i < times; i++)
        if (sw_buf_append(&buf, data + 2, n - 2) < 0)
            break;
    test_secret_scan(&test, "a/b.p12", sw_buf_str(&buf), block);
    if (test.r < 0)
        abort();
    sw_buf_done(&buf);
    return 0;
}
