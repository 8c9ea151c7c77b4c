/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks and calendar. The calendar is ours because the library's depends on locale and zone.
 */
#include "io/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#define DAY_S ((int64_t)86400)

int64_t sw_clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t sw_clock_boot_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t sw_clock_wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

int64_t sw_clock_wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void sw_clock_sleep_ms(uint64_t ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        continue;
}

/* Days from 1970-01-01 in the Gregorian calendar. Years start in March here, so that the leap day
 * is the last of its year and months follow one formula. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void sw_clock_format(int64_t wall_s, char ret[SW_CLOCK_TEXT_BYTES])
{
    const int64_t first = days_of(0, 1, 1) * DAY_S;
    const int64_t last = days_of(10000, 1, 1) * DAY_S - 1;
    wall_s = wall_s < first ? first : wall_s > last ? last : wall_s;
    int64_t days = wall_s / DAY_S - (wall_s % DAY_S < 0);
    unsigned second = (unsigned)(wall_s - days * DAY_S);
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month_from_march = (unsigned)(5 * day_of_year + 2) / 153;
    unsigned day = (unsigned)day_of_year - (153 * month_from_march + 2) / 5 + 1;
    unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    unsigned year = (unsigned)(year_of_era + era * 400 + (month <= 2));
    snprintf(ret, SW_CLOCK_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02uZ", year % 10000, month % 100,
        day % 100, second / 3600 % 100, second / 60 % 60, second % 60);
}

/* Takes exactly n digits off the front. */
static int take_digits(struct sw_str *s, size_t n, unsigned *ret)
{
    unsigned value = 0;
    if (s->n < n)
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return -EINVAL;
        value = value * 10 + (unsigned)(s->p[i] - '0');
    }
    *s = sw_str_skip(*s, n);
    *ret = value;
    return 0;
}

static bool take_char(struct sw_str *s, const char *any_of)
{
    for (const char *c = any_of; *c != '\0'; c++) {
        if (s->n > 0 && s->p[0] == *c) {
            *s = sw_str_skip(*s, 1);
            return true;
        }
    }
    return false;
}

static int take_zone(struct sw_str *s, int64_t *ret_offset_s)
{
    unsigned hours = 0, minutes = 0;
    *ret_offset_s = 0;
    if (s->n == 0 || take_char(s, "zZ"))
        return 0;
    take_char(s, " ");
    bool is_west = s->n > 0 && s->p[0] == '-';
    if (!take_char(s, "+-") || take_digits(s, 2, &hours) < 0)
        return -EINVAL;
    take_char(s, ":");
    if (take_digits(s, 2, &minutes) < 0 || hours > 23 || minutes > 59)
        return -EINVAL;
    int64_t offset = (int64_t)hours * 3600 + (int64_t)minutes * 60;
    *ret_offset_s = is_west ? -offset : offset;
    return 0;
}

static int take_time(struct sw_str *s, int64_t *ret_s)
{
    unsigned hour = 0, minute = 0, second = 0;
    if (take_digits(s, 2, &hour) < 0 || !take_char(s, ":") || take_digits(s, 2, &minute) < 0)
        return -EINVAL;
    if (take_char(s, ":") && take_digits(s, 2, &second) < 0)
        return -EINVAL;
    if (hour > 23 || minute > 59 || second > 60)
        return -EINVAL;
    if (take_char(s, ".,")) {
        unsigned digit = 0;
        if (take_digits(s, 1, &digit) < 0)
            return -EINVAL;
        while (take_digits(s, 1, &digit) == 0)
            continue;
    }
    *ret_s = (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
    return 0;
}

int sw_clock_parse(struct sw_str text, int64_t *ret_wall_s)
{
    static const unsigned lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year = 0, month = 0, day = 0;
    if (take_digits(&text, 4, &year) < 0 || !take_char(&text, "-") ||
        take_digits(&text, 2, &month) < 0 || !take_char(&text, "-") ||
        take_digits(&text, 2, &day) < 0)
        return -EINVAL;
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1] ||
        (month == 2 && day == 29 && !is_leap))
        return -EINVAL;
    int64_t second = 0, offset = 0;
    if (text.n > 0) {
        if (!take_char(&text, "Tt ") || take_time(&text, &second) < 0 ||
            take_zone(&text, &offset) < 0)
            return -EINVAL;
    }
    if (text.n > 0)
        return -EINVAL;
    *ret_wall_s = days_of(year, month, day) * DAY_S + second - offset;
    return 0;
}
