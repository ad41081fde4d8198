// SPDX-License-Identifier: GPL-2.0-or-later
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon.h"

#define DEFAULT_CONFIG "/etc/fraudguard/alerts.yaml"

static volatile sig_atomic_t is_stopping, is_reloading;

static void note_signal(int number)
{
    if (number == SIGHUP)
        is_reloading = 1;
    else
        is_stopping = 1;
}

static void set_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = note_signal;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
}

static const char help[] =
    "Usage: fg-alertd [--config FILE] [--check-config]\n"
    "Tells customers and the NOC of fraud: signed webhooks, e-mail, Alertmanager.\n"
    "\n"
    "  -c, --config FILE   configuration (default " DEFAULT_CONFIG ")\n"
    "      --check-config  read it, with all files that it names, say what is wrong, and end\n"
    "      --version\n"
    "      --help\n"
    "\n"
    "SIGHUP reads the configuration again. Exit status: 0, 1 failure, 2 usage, 5 wrong\n"
    "configuration.\n";

enum { EXIT_USAGE = 2, EXIT_CONFIG = 5 };

int main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"check-config", no_argument, NULL, 'k'},
                                            {"version", no_argument, NULL, 'V'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *path = DEFAULT_CONFIG;
    bool check = false;
    int option = 0;
    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case 'k':
            check = true;
            break;
        case 'V':
            (void)puts("fg-alertd " FG_VERSION);
            return 0;
        case 'h':
            (void)fputs(help, stdout);
            return 0;
        default:
            (void)fputs("fg-alertd: see --help\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (optind != argc) {
        (void)fprintf(stderr, "fg-alertd: '%s' is not expected; see --help\n", argv[optind]);
        return EXIT_USAGE;
    }
    struct fga_config *config = fga_daemon_configure(path);
    if (config == NULL)
        return EXIT_CONFIG;
    if (check) {
        (void)printf("%s: %u customers with alerts, no mistakes\n", path, config->n_customers);
        fga_config_free(config);
        return 0;
    }
    set_signals();
    return fga_daemon_run(config, path, &is_stopping, &is_reloading);
}
