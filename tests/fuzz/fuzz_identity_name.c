// SPDX-License-Identifier: GPL-2.0-or-later
// Input: names of one certificate, separated by newlines; the first letter tells the kind: u URI,
// d DNS, c common name, i an address to parse.
#include "fg/heap.h"
#include "fg/identity.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void require(int truth)
{
    if (!truth) {
        abort();
    }
}

static const char *acme_names[] = {"sip.acme.example", "pbx.acme.example"};
static const char *globex_names[] = {"pbx.globex.example"};
static const struct fg_customer customers[] = {
    {.index = 0, .id = "acme", .cert_names = acme_names, .n_cert_names = 2},
    {.index = 1, .id = "globex", .cert_names = globex_names, .n_cert_names = 1},
};

// A name may identify only whose it is, byte for byte but for the case of letters.
static void check_hit(bool hit, struct fg_view name)
{
    if (!hit) {
        return;
    }
    struct fg_view host = name;
    if (name.len > 4 && fg_view_equal_nocase((struct fg_view){name.ptr, 4}, fg_view_of("sip:"))) {
        host = (struct fg_view){name.ptr + 4, name.len - 4};
    } else if (name.len > 5 &&
               fg_view_equal_nocase((struct fg_view){name.ptr, 5}, fg_view_of("sips:"))) {
        host = (struct fg_view){name.ptr + 5, name.len - 5};
    }
    require(fg_view_equal_nocase(host, fg_view_of(acme_names[0])) ||
            fg_view_equal_nocase(host, fg_view_of(acme_names[1])) ||
            fg_view_equal_nocase(host, fg_view_of(globex_names[0])));
}

static void add_name(struct fg_identity_walk *walk, struct fg_view line)
{
    struct fg_view name = {.ptr = line.ptr + 1, .len = line.len - 1};
    struct fg_ip ip;
    switch (line.ptr[0]) {
    case 'u':
        check_hit(fg_identity_add_uri(walk, name), name);
        break;
    case 'd':
        check_hit(fg_identity_add_dns(walk, name), name);
        break;
    case 'c':
        check_hit(fg_identity_add_common_name(walk, name), name);
        break;
    default:
        (void)fg_ip_parse(name, &ip);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    const struct fg_hash_key key = {.bytes = {1}};
    struct fg_customers table;
    require(arena != NULL && fg_customers_build(customers, 2, &key, arena, &table) == FG_OK);
    struct fg_identity_walk walk;
    fg_identity_begin(&walk, &table);
    const char *at = (const char *)data;
    const char *end = at + size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline != NULL ? newline : end;
        if (stop > at) {
            add_name(&walk, (struct fg_view){.ptr = at, .len = (size_t)(stop - at)});
        }
        at = stop + 1;
    }
    struct fg_tls_peer peer = {.tls = true,
                               .cert_present = true,
                               .cert_verified = true,
                               .key_type = FG_KEY_EC,
                               .key_bits = 256};
    const struct fg_customer *customer = NULL;
    enum fg_identity identity = fg_identity_finish(&walk, &peer, NULL, &customer);
    require((customer != NULL) == (identity == FG_IDENTITY_CERTIFICATE));
    fg_arena_free(arena);
    return 0;
}
