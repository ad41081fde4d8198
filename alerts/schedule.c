// SPDX-License-Identifier: GPL-2.0-or-later
#include "schedule.h"

#define SECOND_MS           INT64_C(1000)
#define MINUTE_MS           (60 * SECOND_MS)
#define HOUR_MS             (60 * MINUTE_MS)
#define RETRY_AFTER_MAX_MS  (24 * HOUR_MS)
#define JITTER_STEPS        10000 // jitter 1000 would be a tenth
#define HTTP_GONE           410
#define HTTP_TOO_MANY       429
#define HTTP_UNAVAILABLE    503
#define SMTP_PERMANENT_FROM 500

int64_t fga_schedule_wait_ms(uint32_t n)
{
    static const int64_t waits_ms[FGA_ATTEMPTS_MAX] = {
        0,           5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS,
        5 * HOUR_MS, 10 * HOUR_MS,  14 * HOUR_MS,  20 * HOUR_MS,   24 * HOUR_MS};
    return n >= 1 && n <= FGA_ATTEMPTS_MAX ? waits_ms[n - 1] : -1;
}

static bool is_success(const struct fga_attempt *attempt)
{
    return attempt->answered && attempt->status >= 200 && attempt->status < 300;
}

enum fga_outcome fga_schedule_next(const struct fga_attempt *attempt, uint32_t attempts,
                                   uint32_t jitter, int32_t divisor, int64_t now_ms,
                                   int64_t *next_ms)
{
    if (is_success(attempt))
        return FGA_DELIVERED;
    if (attempt->answered && !attempt->smtp && attempt->status == HTTP_GONE)
        return FGA_DISABLE;
    if (attempt->answered && attempt->smtp && attempt->status >= SMTP_PERMANENT_FROM)
        return FGA_DEAD;
    int64_t wait_ms = fga_schedule_wait_ms(attempts + 1);
    if (wait_ms < 0)
        return FGA_DEAD;
    wait_ms += wait_ms * (int64_t)(jitter % 1000) / JITTER_STEPS;
    wait_ms /= divisor < 1 ? 1 : divisor;
    const bool asked = attempt->answered && !attempt->smtp && attempt->retry_after_ms > 0 &&
                       (attempt->status == HTTP_TOO_MANY || attempt->status == HTTP_UNAVAILABLE);
    if (asked) {
        const int64_t after_ms = attempt->retry_after_ms > RETRY_AFTER_MAX_MS
                                     ? RETRY_AFTER_MAX_MS
                                     : attempt->retry_after_ms;
        wait_ms = after_ms > wait_ms ? after_ms : wait_ms;
    }
    *next_ms = now_ms + wait_ms;
    return FGA_RETRY;
}
