// SPDX-License-Identifier: GPL-2.0-or-later
// What is on this machine: rules, files, Kamailio, the relay.
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "fg/json.h"
#include "kamailio.h"
#include "rules.h"
#include "rules_tests.h"

#define RELAY_DEFAULT "127.0.0.1:2223"
#define RELAY_WAIT_MS 1000

static void look_at_tests(struct doctor *doctor, const struct fg_policy *policy,
                          struct fg_diags *diags)
{
    struct fg_packtest_summary sum = {0};
    const int rc = rules_run_tests(doctor->call->rules_dir, policy, diags, &sum);

    if (rc != FG_OK) {
        doctor_find(doctor, FINDING_FAULT, "rule tests", "fgctl rules test", "cannot be run: %s",
                    fg_strerror(rc));
    } else if (sum.failed > 0) {
        doctor_find(doctor, FINDING_FAULT, "rule tests", "fgctl rules test",
                    "%u of %u fail: Kamailio refuses these rules", sum.failed,
                    sum.passed + sum.failed);
    } else {
        doctor_find(doctor, FINDING_OK, "rule tests", NULL, "%u pass", sum.passed);
    }
}

// The first mistake that keeps rules or customers from being loaded.
static void report_refused(struct doctor *doctor, const struct fg_diags *diags)
{
    const struct invocation *call = doctor->call;
    const struct fg_diag *first = NULL;

    for (uint32_t i = 0; diags != NULL && i < fg_diags_total(diags); i++) {
        const struct fg_diag *diag = fg_diags_at(diags, i);
        if (diag != NULL && diag->severity == FG_ERROR) {
            first = diag;
            break;
        }
    }
    if (first == NULL) {
        doctor_find(doctor, FINDING_FAULT, "rules", "fgctl rules check",
                    "%s cannot be loaded, nor could Kamailio start with it", call->rules_dir);
    } else {
        doctor_find(doctor, FINDING_FAULT, "rules",
                    call->customers_file == NULL ? "fgctl rules check"
                                                 : "fgctl rules check, with the same --customers",
                    "neither fgctl nor Kamailio can load them: %s:%u: %s", first->file, first->line,
                    first->message);
    }
}

void doctor_look_at_rules(struct doctor *doctor)
{
    const struct invocation *call = doctor->call;
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    const int rc = diags == NULL ? FG_ENOMEM : rules_load(call, call->rules_dir, diags, &bundle);

    if (rc != FG_OK) {
        report_refused(doctor, diags);
        fg_diags_free(diags);
        return;
    }
    const struct fg_policy *policy = fg_policy_of(bundle);
    doctor_find(doctor, FINDING_OK, "rules", NULL, "%s %s: %u rules, %u meters",
                policy->ruleset->pack, policy->ruleset->version, policy->ruleset->n_rules,
                policy->ruleset->n_meters);
    if (fg_diags_total(diags) > 0) {
        doctor_find(doctor, FINDING_WARNING, "rules", "fgctl rules lint", "%u warnings",
                    fg_diags_total(diags));
    }
    if (call->customers_file == NULL) {
        doctor_find(doctor, FINDING_NOTE, "customers", NULL,
                    "not looked at: give --customers, or set FRAUDGUARD_CUSTOMERS");
    } else {
        doctor_find(doctor, policy->customers->n > 0 ? FINDING_OK : FINDING_WARNING, "customers",
                    policy->customers->n > 0 ? NULL : "docs/customer-setup.md", "%u in %s",
                    policy->customers->n, call->customers_file);
    }
    look_at_tests(doctor, policy, diags);
    fg_policy_bundle_free(bundle);
    fg_diags_free(diags);
}

void doctor_look_at_files(struct doctor *doctor)
{
    const char *path = getenv("FRAUDGUARD_HASH_KEY");
    struct stat status;

    path = path != NULL && path[0] != '\0' ? path : "/etc/fraudguard/hash.key";
    if (stat(path, &status) != 0) {
        doctor_find(doctor, FINDING_WARNING, "hash key",
                    "name the nodes' hash_key_file in FRAUDGUARD_HASH_KEY",
                    "%s: %s; holds by number, caller or address cannot be set from here", path,
                    strerror(errno));
    } else if ((status.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0) {
        doctor_find(doctor, FINDING_FAULT, "hash key", "chmod 640, and make a new key",
                    "%s can be read or changed by others (mode %03o)", path,
                    (unsigned)(status.st_mode & 0777U));
    } else {
        doctor_find(doctor, FINDING_OK, "hash key", NULL, "%s is there and kept", path);
    }
}

static void look_at_mode(struct doctor *doctor, const struct fg_json *status)
{
    const char *mode = fg_json_string(status, "mode");
    const char *node = fg_json_string(status, "node");

    doctor_find(doctor, FINDING_OK, "kamailio", NULL, "node %s answers, module %s",
                node == NULL ? "?" : node,
                fg_json_string(status, "module") == NULL ? "?" : fg_json_string(status, "module"));
    if (mode != NULL && strcmp(mode, "shadow") == 0) {
        doctor_find(doctor, FINDING_NOTE, "mode", "docs/operations.md, \"From shadow to live\"",
                    "shadow: calls are judged, none is refused");
    } else {
        doctor_find(doctor, FINDING_OK, "mode", NULL, "%s", mode == NULL ? "?" : mode);
    }
}

static void look_at_node(struct doctor *doctor, const struct fg_json *status)
{
    const char *store = fg_json_string(status, "store");
    const char *reload = fg_json_string(status, "last_reload");
    const char *until = fg_json_string(status, "pending_confirm_until");
    int64_t lost = 0;

    if (store == NULL || strcmp(store, "up") != 0) {
        const bool local = store != NULL && strcmp(store, "local") == 0;
        doctor_find(doctor, local ? FINDING_NOTE : FINDING_FAULT, "store",
                    local ? "set `redis` where there is more than one node"
                          : "runbooks/guard.md, DegradedMode",
                    "the node's store is %s", store == NULL ? "?" : store);
    } else {
        doctor_find(doctor, FINDING_OK, "store", NULL, "up");
    }
    if (reload != NULL && strncmp(reload, "ok", 2) != 0 && strncmp(reload, "loaded", 6) != 0) {
        doctor_find(doctor, FINDING_WARNING, "reload", "fgctl rules check; fgctl reload",
                    "the last one: %s", reload);
    }
    if (until != NULL) {
        doctor_find(doctor, FINDING_WARNING, "reload", "fgctl reload --confirmed",
                    "not confirmed; goes back at %s", until);
    }
    if (fg_json_integer(status, "backlog_lost", &lost) && lost > 0) {
        doctor_find(doctor, FINDING_WARNING, "backlog", "runbooks/guard.md, BacklogLost",
                    "%" PRId64 " counts never reached Redis", lost);
    }
}

void doctor_look_at_kamailio(struct doctor *doctor)
{
    char error[KAMAILIO_ERROR_MAX];
    struct fg_json *status =
        kamailio_ask(invocation_option(doctor->call, "kamailio"), "fraudguard.status", error);

    if (status == NULL) {
        doctor_find(doctor, FINDING_FAULT, "kamailio",
                    "systemctl status kamailio; or name its socket with --kamailio",
                    "does not answer: %s", error);
        return;
    }
    look_at_mode(doctor, status);
    look_at_node(doctor, status);
    fg_json_free(status);
}

// "127.0.0.1:2223" as a connected UDP socket; -1 with errno.
static int connect_relay(const char *address)
{
    const char *colon = strrchr(address, ':');
    struct sockaddr_in to = {.sin_family = AF_INET};
    char host[64];
    char *end = NULL;
    const long port = colon == NULL ? 0 : strtol(colon + 1, &end, 10);

    errno = EINVAL;
    if (colon == NULL || *end != '\0' || port < 1 || port > 65535 ||
        (size_t)(colon - address) >= sizeof(host)) {
        return -1;
    }
    (void)snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
    to.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1) {
        return -1;
    }
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

void doctor_look_at_relay(struct doctor *doctor)
{
    static const char ping[] = "fgctl_doctor d7:command4:pinge";
    const char *given = invocation_option(doctor->call, "relay");
    const char *address = given == NULL ? RELAY_DEFAULT : given;
    const int fd = connect_relay(address);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char answer[256];
    ssize_t size = -1;

    if (fd >= 0 && send(fd, ping, sizeof(ping) - 1, 0) > 0 && poll(&ready, 1, RELAY_WAIT_MS) == 1) {
        size = recv(fd, answer, sizeof(answer) - 1, 0);
    }
    if (size > 0) {
        answer[size] = '\0';
    }
    if (size > 0 && strstr(answer, "4:pong") != NULL) {
        doctor_find(doctor, FINDING_OK, "relay", NULL, "%s answers", address);
    } else {
        doctor_find(doctor, FINDING_FAULT, "relay",
                    "systemctl status sbc-edge; or name its ng port with --relay",
                    "%s does not answer", address);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
}
