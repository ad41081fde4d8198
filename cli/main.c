// SPDX-License-Identifier: GPL-2.0-or-later
// The table of commands; help, the manual page and completion are made from it.
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "invocation.h"

const struct command commands[] = {
    {.name = "rules check",
     .arguments = "[DIR|FILE...]",
     .run = cmd_rules_check,
     .help = "Check rule packs and say what is wrong with file, line and column",
     .details = "A DIR is checked as a whole, with its lists, its data and the customers file. A "
                "FILE is\nchecked with the packs beside it, which may hold the lists and meters it "
                "uses, and only\nwhat concerns it is shown. Without arguments: the directory of "
                "--rules. Exit code 5\nwhen there are errors.",
     .max_arguments = ARGUMENTS_MAX},
    {.name = "rules test",
     .arguments = "[DIR|FILE...]",
     .run = cmd_rules_test,
     .help = "Run the packs' own tests (*.test.yaml) on the real engine with a frozen clock",
     .details = "Without arguments: all tests in the directory of --rules. A FILE is tested "
                "against the\npacks that it names in 'rules' or 'packs', else those beside it, or "
                "those of --rules where that is\ngiven. Exit code 5 when a test fails, 4 when "
                "there is none.",
     .max_arguments = ARGUMENTS_MAX,
     .options = {{"coverage", NULL, "list the rules that no test makes hit", '\0'},
                 {"record", NULL, "fill in what a test with an empty 'expect' comes to", '\0'},
                 {"verbose", NULL, "list the tests that pass, too", 'v'}}},
    {.name = "rules diff",
     .arguments = "OLD NEW",
     .run = cmd_rules_diff,
     .help = "Tell what changes between two directories of rules, in terms of rules",
     .details = "Rules, meters, lists, calendars, composites, overrides and scoring; not lines of "
                "text. A meter\nwhose definition changes starts counting anew. As with diff(1): "
                "exit code 0 when they are the\nsame, 1 when they differ; 4 when a directory is "
                "not there, 5 when one cannot be loaded, 7 when\nthe comparison itself fails.",
     .min_arguments = 2,
     .max_arguments = 2},
    {.name = "rules lint",
     .arguments = "[DIR]",
     .run = cmd_rules_lint,
     .help = "Check rule packs and advise on what is redundant, out of reach, untested or old",
     .details =
         "Everything 'rules check' says, and advice that stops no load. The packs' tests are "
         "run for\nwhat they cover. Exit code 5 when there are errors, or with --strict any "
         "advice.",
     .max_arguments = 1,
     .options = {{"strict", NULL, "exit code 5 when there is any advice", '\0'}}},
    {.name = "rules coverage",
     .arguments = "[DIR]",
     .run = cmd_rules_coverage,
     .help = "List how many of the packs' tests make each rule, step and composite hit",
     .max_arguments = 1,
     .options = {{"min", "PERCENT", "exit code 5 when less of them is covered", '\0'}}},
    {.name = "rules new",
     .arguments = "ID",
     .run = cmd_rules_new,
     .help = "Print a first rule and its test, to be changed",
     .details = "ID must be new. The rule is in shadow; it loads and its test passes as it is. In "
                "a directory\n"
                "without packs the new one states the points of the bands, too.",
     .min_arguments = 1,
     .max_arguments = 1,
     .options = {{"group", "NAME", "group whose cap its points count towards (required)", '\0'},
                 {"dir", "DIR", "the packs it joins, instead of those of --rules", '\0'},
                 {"write", NULL, "write both to new files in the directory", '\0'}}},
    {.name = "rules bound",
     .arguments = "[DIR]",
     .run = cmd_rules_bound,
     .help = "Work out the most that a customer can lose in an hour and in a weekend",
     .details =
         "From packs, rates and limits alone, for an attacker with the customer's "
         "credentials who knows\nthe rules; see docs/bound.md. For each customer of "
         "--customers, or for one made up with\n--profile, --channels and --daily-limit. "
         "Without any of them the limits asserted in\nDIR/bounds/bounds.yaml are checked, whatever "
         "$FRAUDGUARD_CUSTOMERS says: exit code 6 when one\nis exceeded. What people allow "
         "('fgctl allow') comes on top.",
     .max_arguments = 1,
     .options = {{"profile", "P", "the customers of a profile, or one made up", '\0'},
                 {"customer", "ID", "this customer of the customers file", '\0'},
                 {"channels", "N", "channels of a customer made up", '\0'},
                 {"daily-limit", "USD", "daily limit of a customer made up", '\0'},
                 {"assert", "FILE", "check these limits, not DIR/bounds/bounds.yaml", '\0'},
                 {"rates", "FILE", "rates (CSV: prefix,usd_per_minute), not those of the data",
                  '\0'}}},
    {.name = "rules promote",
     .arguments = "RULE",
     .run = cmd_rules_promote,
     .help = "Change how far a rule goes, in its file: enforce, shadow, off, a share of customers",
     .details = "Changes mode, maturity and rollout of the one rule or composite and no other "
                "byte, once the "
                "result is known\nto load, and prints the lines that change. A rule that is "
                "enforced for everybody becomes\nstable, and its rollout 100%.",
     .min_arguments = 1,
     .max_arguments = 1,
     .options = {{"to", "WORD", "enforce (default), shadow, off or a percentage", '\0'},
                 {"dir", "DIR", "directory of rules, instead of that of --rules", '\0'},
                 {"dry-run", NULL, "only tell what would change", '\0'}}},
    {.name = "rules fmt",
     .arguments = "FILE...",
     .run = cmd_rules_fmt,
     .help = "Lay packs and tests out: indentation, blanks and empty lines, nothing else",
     .details = "Comments, quotes and the order stay. A file that would not say the same is left "
                "as it is (exit\ncode 6). Prints the files that it changed; with --check what "
                "would change, exit code 1 then.",
     .min_arguments = 1,
     .max_arguments = ARGUMENTS_MAX,
     .options = {{"check", NULL, "change nothing, exit code 1 when something would", '\0'}}},
    {.name = "number",
     .arguments = "NUMBER|URI...",
     .run = cmd_number,
     .help = "Tell how numbers are read: E.164, country, type, rate, lists, and why",
     .details =
         "Spellings as dialled, SIP and tel URIs. Where there are two readings, the riskier "
         "one is\nrated. Exit code 1 when not one of them can be read. Without the usual rules "
         "numbering data is\nenough (--data); there are no lists then.",
     .max_arguments = ARGUMENTS_MAX,
     .options = {{"home", "COUNTRY", "dial plan of a country, such as GB", '\0'},
                 {"customer", "ID", "dial plan of a customer", '\0'},
                 {"file", "FILE", "numbers, one a line", '\0'}}},
    {.name = "address",
     .arguments = "ADDRESS...",
     .run = cmd_address,
     .help = "Tell where IP addresses are: country and autonomous system",
     .details = "By the tables that the signals src.country and src.asn are read from.",
     .min_arguments = 1,
     .max_arguments = ARGUMENTS_MAX,
     .options = {{"networks", "FILES", "MaxMind databases or CSV, commas between (required)",
                  '\0'}}},
    {.name = "replay",
     .run = cmd_replay,
     .help = "Play recorded calls against the rules and tell what would become of them",
     .details = "Prints a line a call when its fate is known, or with --summary what it all comes "
                "to. Calls are\nread from a CSV file (docs/calls-format.md). Rows that cannot be "
                "read are skipped, counted and\nreported; the exit code is 1 when no row can be "
                "read, or with --strict when any was skipped.\n--customers (or "
                "$FRAUDGUARD_CUSTOMERS) is required: it says whose the calls are.",
     .options = {{"calls", "FILE", "the calls; - for standard input (required)", '\0'},
                 {"rates", "FILE", "rates, instead of those of the data", '\0'},
                 {"networks", "FILES",
                  "where addresses are: MaxMind databases or CSV, commas between", '\0'},
                 {"summary", NULL, "figures instead of a line a call", '\0'},
                 {"strict", NULL, "exit code 1 when a row was skipped", '\0'},
                 {"progress", NULL, "show progress also where stderr is no terminal", '\0'}}},
    {.name = "rules backtest",
     .run = cmd_rules_backtest,
     .help = "Play recorded calls against two directories of rules and tell what differs",
     .details = "Which calls --pack would block that --against lets through, and the other way "
                "round; money,\nwanted calls hurt, customers, and the rules that make the "
                "difference. With -o jsonl a line for\neach such call, then the figures. Calls "
                "are read as by 'replay'. Exit code 6 when more calls\nare newly blocked than "
                "--max-new-blocks allows. --customers (or $FRAUDGUARD_CUSTOMERS) is required.",
     .options = {{"calls", "FILE", "the calls; - for standard input (required)", '\0'},
                 {"pack", "NEW", "directory of the new rules (required)", '\0'},
                 {"against", "OLD", "directory of the rules in force (required)", '\0'},
                 {"rates", "FILE", "rates, instead of those of the data", '\0'},
                 {"networks", "FILES",
                  "where addresses are: MaxMind databases or CSV, commas between", '\0'},
                 {"max-new-blocks", "N", "exit code 6 when more are newly blocked", '\0'},
                 {"progress", NULL, "show progress also where stderr is no terminal", '\0'}}},
    {.name = "rules schema",
     .arguments = "[pack|overrides|test]",
     .run = cmd_rules_schema,
     .help = "Print the JSON Schema (draft-07) of packs, overrides or rule tests",
     .details = "For editors: those that know yaml-language-server complete and check files that "
                "begin with\n# yaml-language-server: $schema=FILE. Without an argument: pack.",
     .max_arguments = 1},
    {.name = "rules reference",
     .run = cmd_rules_reference,
     .help = "Print the reference of signals, matchers, meters and actions (Markdown)"},
    {.name = "signals",
     .run = cmd_signals,
     .help = "List what a rule can look at: name, type, meaning"},
    {.name = "explain",
     .arguments = "CALL-ID|last",
     .run = cmd_explain,
     .help = "Tell why a call was judged as it was, point by point",
     .details = "'last' is the call that was judged last. Numbers are masked.",
     .min_arguments = 1,
     .max_arguments = 1},
    {.name = "proof",
     .arguments = "CALL-ID",
     .run = cmd_proof,
     .help = "Show the relay's record of a call whose media was stopped",
     .details = "For each side: the verdict, when the relay heard and obeyed it, the last packet "
                "forwarded\nand what was dropped since. It is there once the call has ended, for "
                "7 days.",
     .min_arguments = 1,
     .max_arguments = 1},
    {.name = "block",
     .arguments = "SCOPE",
     .run = cmd_block,
     .help = "Stop a customer's calls for a while, those in progress too",
     .details = "SCOPE is CUSTOMER (all calls), CUSTOMER/risky (calls that do not go to an "
                "ordinary\nnumber of a home country) or one of these after CUSTOMER/:\n"
                "  country.XX          calls to country XX\n"
                "  type.WORD           calls to numbers of a type, such as premium\n"
                "  source.ADDRESS      calls from an address (IPv6: its /64)\n"
                "  certificate.SHA256  calls over connections with a certificate\n"
                "  caller.+NUMBER      calls from a number\n"
                "  range.+NUMBER       calls to a number's range, all but its last 4 digits\n"
                "  number.+NUMBER      calls to a number\n"
                "The last five are kept as hashes. The reason is kept with the hold and shown to "
                "whoever\nmeets it.",
     .min_arguments = 1,
     .max_arguments = 1,
     .options = {{"for", "TIME", "how long: 90s, 15m, 2h, 3d (else 1h, at most 7d)", '\0'},
                 {"reason", "TEXT", "why (required)", '\0'},
                 {"no-cut", NULL, "let calls in progress go on", '\0'},
                 {"hash-key", "FILE", "the nodes' hash_key_file, not $FRAUDGUARD_HASH_KEY", '\0'}}},
    {.name = "unblock",
     .arguments = "SCOPE",
     .run = cmd_unblock,
     .help = "Release a hold",
     .details = "SCOPE as shown by 'fgctl holds', after CUSTOMER/, or as 'fgctl block' takes it.",
     .min_arguments = 1,
     .max_arguments = 1,
     .options = {{"reason", "TEXT", "why (required)", '\0'},
                 {"hash-key", "FILE", "the nodes' hash_key_file, not $FRAUDGUARD_HASH_KEY", '\0'}}},
    {.name = "holds", .run = cmd_holds, .help = "List the holds in force: who, how long, why"},
    {.name = "allow",
     .arguments = "CUSTOMER",
     .run = cmd_allow,
     .help = "It was them: let some of a customer's calls go on for a while",
     .details = "What rules make of the destination, the time, the pace and the spending is set "
                "aside for\nso many calls and so much money; who calls, and what people hold, is "
                "not.",
     .min_arguments = 1,
     .max_arguments = 1,
     .options = {{"to", "PREFIX", "called numbers, as +960, or a country, as MV (required)", '\0'},
                 {"calls", "N", "at most so many calls (else 20, at most 500)", '\0'},
                 {"money", "USD", "that they may cost together (required)", '\0'},
                 {"for", "TIME", "how long: 90m, 4h, 3d (required, at most 31d)", '\0'},
                 {"reason", "TEXT", "why, and who said so (required)", '\0'}}},
    {.name = "disallow",
     .arguments = "CUSTOMER ID",
     .run = cmd_disallow,
     .help = "Take an allowance back",
     .details = "ID as shown by 'fgctl allowances'.",
     .min_arguments = 2,
     .max_arguments = 2,
     .options = {{"reason", "TEXT", "why (required)", '\0'}}},
    {.name = "allowances",
     .run = cmd_allowances,
     .help = "List the allowances in force: for what, what is left, until when, why"},
    {.name = "attacks",
     .run = cmd_attacks,
     .help = "Show floods, oldest first: on which number or by whom, since when, how large",
     .options = {{"number", "N", "how many (else 20, at most 1000)", 'n'}}},
    {.name = "audit",
     .run = cmd_audit,
     .help = "Show what people held and released, oldest first: who, when, why",
     .options = {{"number", "N", "how many (else 20, at most 1000)", 'n'},
                 {"customer", "ID", "of this customer alone", '\0'}}},
    {.name = "trunks",
     .run = cmd_trunks,
     .help = "Show what was really encrypted on each trunk, next to what is asked for",
     .details = "What policy asks of a trunk's media is read from the customers file."},
    {.name = "alerts list",
     .run = cmd_alerts_list,
     .help = "List the alerts that wait to be delivered, with the last error"},
    {.name = "alerts dead",
     .run = cmd_alerts_dead,
     .help = "List the alerts that were given up, newest first"},
    {.name = "alerts resend",
     .arguments = "ID",
     .run = cmd_alerts_resend,
     .help = "Try an alert again that was given up; ID as shown by 'fgctl alerts dead'",
     .min_arguments = 1,
     .max_arguments = 1},
    {.name = "alerts test",
     .arguments = "CUSTOMER",
     .run = cmd_alerts_test,
     .help = "Send a test message to all endpoints of a customer",
     .min_arguments = 1,
     .max_arguments = 1},
    {.name = "reload",
     .run = cmd_reload,
     .help = "Let this node's Kamailio test and load its rules, customers and rates again",
     .details = "With --confirm it goes back by itself unless 'fgctl reload --confirmed' comes in "
                "time. Exit code 5\nwhen the rules are refused or a test of theirs fails: the old "
                "ones stay.",
     .options = {{"confirm", "TIME", "go back after 30s, 10m, 2h unless confirmed", '\0'},
                 {"confirmed", NULL, "keep what was loaded with --confirm", '\0'},
                 {"kamailio", "PATH", "socket of its jsonrpcs, not $FRAUDGUARD_KAMAILIO", '\0'}}},
    {.name = "tail",
     .run = cmd_tail,
     .help = "Show the last events, oldest first, and with --follow those that come",
     .details =
         "With --follow the last N are looked at, then all that come; a Redis that is away is "
         "waited for.",
     .options = {{"number", "N", "how many (else 20, at most 1000)", 'n'},
                 {"follow", NULL, "go on until ended", 'f'},
                 {"customer", "ID", "of this customer alone", '\0'},
                 {"action", "WORD", "verdicts of this action or a harder one", '\0'}}},
    {.name = "top",
     .arguments = "customers|destinations|rules|callers|sources",
     .run = cmd_top,
     .help = "Tell who and what events were most about: customers, rules, destinations ...",
     .details =
         "Attempts as the nodes wrote them to the stream of events, which keeps the last 100,000. "
         "Numbers are masked.",
     .min_arguments = 1,
     .max_arguments = 1,
     .options = {{"number", "N", "how many (else 10, at most 1000)", 'n'},
                 {"since", "TIME", "of the last 15m, 4h, 2d (else 1h)", '\0'},
                 {"customer", "ID", "of this customer alone", '\0'},
                 {"action", "WORD", "verdicts of this action or a harder one", '\0'}}},
    {.name = "status",
     .run = cmd_status,
     .help = "Tell whether Redis answers, evaluates, and what it holds"},
    {.name = "watch",
     .run = cmd_watch,
     .help = "Watch events on the whole terminal: list, reasons, filter, block",
     .details = "Keys stand at the foot of the screen. What is blocked wants a reason, as with "
                "'fgctl block'."},
    {.name = "doctor",
     .run = cmd_doctor,
     .help = "Look at the whole installation and say what is wrong and how to mend it",
     .details = "Rules with their tests, customers, keys, Redis, this machine's Kamailio and "
                "relay, alerts, "
                "trunks.\nExit code 1 for a fault, 7 for a warning. Changes nothing.",
     .options = {{"kamailio", "PATH", "socket of its jsonrpcs, not $FRAUDGUARD_KAMAILIO", '\0'},
                 {"relay", "ADDRESS:PORT", "the relay's ng port, not 127.0.0.1:2223", '\0'}}},
    {.name = "completion",
     .arguments = "bash|zsh|fish",
     .run = cmd_completion,
     .help = "Print what makes a shell complete fgctl's commands and options",
     .details = "For bash: source <(fgctl completion bash), or put it into "
                "/etc/bash_completion.d/fgctl.",
     .min_arguments = 1,
     .max_arguments = 1},
    {.name = "manual",
     .run = cmd_manual,
     .help = "Print the manual page (mdoc): fgctl manual | man -l -"},
    {.name = "version", .run = cmd_version, .help = "Show the version"},
    {0},
};

int main(int argc, char **argv)
{
    static struct invocation call;
    const char *group = NULL;
    enum exit_code code = EXIT_OK;

    (void)setlocale(LC_CTYPE, "");
    code = invocation_parse(argc, argv, &call, &group);
    if (code != EXIT_OK) {
        return (int)code;
    }
    if (call.command == NULL) {
        help_print(call.help ? stdout : stderr, group);
        return call.help ? (int)EXIT_OK : (int)EXIT_USAGE;
    }
    if (call.help) {
        help_print_command(stdout, call.command);
        return (int)EXIT_OK;
    }
    return (int)call.command->run(&call);
}
