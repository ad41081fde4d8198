// SPDX-License-Identifier: GPL-2.0-or-later
// What is told by customer: the one place where the number of series grows with customers, up to
// the label limit.
#include "fgm_render.h"

static void render_calls(struct fgm_text *text, const struct fgm_customer_sample *sample,
                         const char *customer)
{
    for (unsigned action = 0; action < FG_ACTION_COUNT; action++) {
        const struct fgm_label labels[] = {{"customer", customer},
                                           {"action", fg_action_name((enum fg_action)action)}};
        fgm_text_sample(text, labels, 2, sample->calls[action]);
    }
}

static void render_padlock(struct fgm_text *text, const struct fgm_customer_sample *sample,
                           const char *customer)
{
    if (!sample->seen)
        return;
    const struct fgm_label signalling[] = {{"trunk", customer}, {"layer", "signalling"}};
    const struct fgm_label media[] = {{"trunk", customer}, {"layer", "media"}};
    fgm_text_sample(text, signalling, 2, sample->tls);
    fgm_text_sample(text, media, 2, sample->srtp);
}

static void render_expiry(struct fgm_text *text, const struct fgm_customer_sample *sample,
                          const char *customer)
{
    const struct fgm_label label = {"trunk", customer};
    if (sample->seen && sample->cert_expiry_s > 0)
        fgm_text_sample(text, &label, 1, (uint64_t)sample->cert_expiry_s);
}

static void each(struct fgm_text *text, const struct fgm_snapshot *snapshot,
                 void (*render)(struct fgm_text *text, const struct fgm_customer_sample *sample,
                                const char *customer))
{
    for (size_t i = 0; i < snapshot->n_customers; i++)
        render(text, &snapshot->customers[i], snapshot->customers[i].customer);
    if (snapshot->n_others)
        render(text, &snapshot->others, FGM_OTHERS);
}

void fgm_render_customers(struct fgm_text *text, const struct fgm_snapshot *snapshot)
{
    fgm_text_family(text, "fraudguard_customer_calls_total", "counter",
                    "Calls judged, by customer; _other: those beyond the label limit");
    each(text, snapshot, render_calls);
    fgm_text_family(text, "fraudguard_customers_without_label", "gauge",
                    "Customers that are told together as _other");
    fgm_text_sample(text, NULL, 0, snapshot->n_others);
    fgm_text_family(text, "fraudguard_trunk_encrypted", "gauge",
                    "Whether the customer's last call came encrypted; _other: whether all did");
    each(text, snapshot, render_padlock);
    fgm_text_family(text, "fraudguard_trunk_cert_expiry_timestamp_seconds", "gauge",
                    "When the client certificate of the customer's last call ends; _other: the "
                    "earliest");
    each(text, snapshot, render_expiry);
}
