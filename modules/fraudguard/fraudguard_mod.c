// SPDX-License-Identifier: GPL-2.0-or-later
// The module's tables and its life: parameters, start, processes.
#include <signal.h>

#include "core/cfg/cfg_struct.h"
#include "core/kemi.h"
#include "core/pt.h"
#include "core/rpc_lookup.h"
#include "core/sr_module.h"
#include "fg/err.h"
#include "fgm_allowances.h"
#include "fgm_attempt.h"
#include "fgm_calls.h"
#include "fgm_challenge.h"
#include "fgm_counters.h"
#include "fgm_decisions.h"
#include "fgm_dialog.h"
#include "fgm_exporter.h"
#include "fgm_floods.h"
#include "fgm_holds.h"
#include "fgm_load.h"
#include "fgm_log.h"
#include "fgm_media.h"
#include "fgm_outage.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_pv.h"
#include "fgm_restart.h"
#include "fgm_ring.h"
#include "fgm_rpc.h"
#include "fgm_script.h"
#include "fgm_stores.h"
#include "fgm_timer.h"
#include "fgm_tls.h"
#include "fgm_trunks.h"
#include "fgm_writer.h"

MODULE_VERSION

static bool started; // there is something to keep

#define KIB        1024
#define ORDERS_KIB 1024
#define OUR_PROCESSES                                                                              \
    (2 + 2 * fgm_config.has_redis + fgm_config.has_metrics + (fgm_config.state_dir != NULL))

static int init_tables(void)
{
    int error = fgm_counters_init();
    if (error >= 0)
        error = fgm_stores_init();
    if (error >= 0)
        error = fgm_rings_init((size_t)fgm_params.ring_kib * KIB, (size_t)ORDERS_KIB * KIB);
    if (error >= 0)
        error = fgm_decisions_init((size_t)fgm_params.decisions_kib * KIB);
    if (error >= 0)
        error = fgm_trunks_init((uint32_t)fgm_params.max_customers,
                                (uint32_t)fgm_params.customer_label_limit);
    if (error >= 0)
        error = fgm_allowances_init();
    if (error >= 0)
        error = fgm_floods_init();
    if (error >= 0)
        error = fgm_challenge_init();
    if (error >= 0)
        error = fgm_calls_init((uint32_t)fgm_params.max_calls);
    if (error < 0)
        fgm_error("no memory for the tables: %s", fg_strerror(error));
    return error;
}

static int load_rules(void)
{
    static char text[8192];
    const struct fgm_load_order start = {.tested = false};
    int error = fgm_load_rules(&start, text, sizeof text);
    if (error < 0) {
        if (error == FG_ENOMEM)
            fgm_error("the rules do not fit into shared memory: start Kamailio with a larger -m");
        fgm_error("rules are not loaded: %s", text);
        return -1;
    }
    fgm_info("rules loaded: %s", text);
    if (fgm_config.shadow)
        fgm_notice("mode is shadow: calls are judged and none is refused or ended");
    return 0;
}

// All customers of the file have room among the trunks, and as many again that reloads bring.
static int fit_trunks(void)
{
    uint64_t generation;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    int error = policy ? fgm_trunks_fit(policy->customers->n) : FG_OK;
    fgm_policy_leave();
    if (error < 0)
        fgm_error("no memory for the trunks of all customers: %s", fg_strerror(error));
    return error;
}

static int mod_init(void)
{
    if (rpc_register_array(fgm_rpc_exports) != 0) {
        fgm_error("cannot register the RPC commands");
        return -1;
    }
    if (fgm_params_check() < 0 || fgm_exporter_open() < 0 || init_tables() < 0 ||
        fgm_restart_load() < 0 || fgm_dialog_init() < 0)
        return -1;
    int error = fgm_attempt_init((uint32_t)fgm_params.max_calls);
    if (error < 0) {
        fgm_error("attempts cannot be followed: %s", fg_strerror(error));
        return -1;
    }
    register_procs(OUR_PROCESSES);
    cfg_register_child(OUR_PROCESSES);
    return 0;
}

static int start_process(char *name, void (*run)(void))
{
    int pid = fork_process(PROC_RPC, name, 1);
    if (pid < 0)
        return -1;
    if (pid > 0)
        return 0;
    if (cfg_child_init() != 0)
        return -1;
    run();
    return -1; // it could not start
}

static int start_processes(void)
{
    // Others have come up since start().
    fgm_tls_forget_thread();
    if (start_process("fraudguard calls", fgm_timer_run) < 0 ||
        start_process("fraudguard writer", fgm_writer_run) < 0)
        return -1;
    if (fgm_config.has_metrics && start_process("fraudguard metrics", fgm_exporter_run) < 0)
        return -1;
    if (fgm_config.state_dir && start_process("fraudguard state", fgm_restart_run) < 0)
        return -1;
    if (!fgm_config.has_redis)
        return 0;
    if (start_process("fraudguard media", fgm_media_run) < 0)
        return -1;
    return start_process("fraudguard holds", fgm_holds_run);
}

static int start(void)
{
    // The number of processes is final only now.
    if (fgm_policy_init(get_max_procs()) < 0 || load_rules() < 0 || fit_trunks() < 0 ||
        fgm_outage_open() < 0)
        return -1;
    fgm_restart_settle();
    fgm_tls_forget_thread();
    started = true;
    return 0;
}

static int child_init(int rank)
{
    if (rank == PROC_INIT)
        return start();
    if (rank == PROC_MAIN)
        return start_processes();
    if (rank == PROC_TCP_MAIN || rank == PROC_ATTENDANT || rank == PROC_POSTCHILDINIT)
        return 0;
    return fgm_stores_child_init();
}

// The other processes are gone, and the dialog module has not yet kept its dialogs: it was loaded
// before.
static void mod_destroy(void)
{
    if (!started)
        return;
    fgm_calls_inherit();
    fgm_restart_save();
    fgm_outage_keep_rings();
}

struct module_exports exports = {
    "fraudguard", DEFAULT_DLFLAGS, fgm_cmd_exports, fgm_param_exports, 0, fgm_pv_exports, 0,
    mod_init,     child_init,      mod_destroy,
};

// Looked up by Kamailio by its name.
int mod_register(char *path, int *dlflags, void *p1, void *p2);
int mod_register(char *path, int *dlflags, void *p1, void *p2)
{
    (void)path, (void)dlflags, (void)p1, (void)p2;
    return sr_kemi_modules_add(fgm_kemi_exports);
}
