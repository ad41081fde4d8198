// SPDX-License-Identifier: GPL-2.0-or-later
// Codes of diagnostics. Stable: docs/pack-format.md lists them, never reuse one.
#pragma once

#define FG_CODE_SYNTAX        "FG001" // not YAML, not CSV, not UTF-8
#define FG_CODE_DUPLICATE_KEY "FG002"
#define FG_CODE_ALIAS         "FG003" // anchors, aliases, tags
#define FG_CODE_TOO_BIG       "FG004"
#define FG_CODE_FILE          "FG005" // cannot be read
#define FG_CODE_UNKNOWN_KEY   "FG010"
#define FG_CODE_MISSING_KEY   "FG011"
#define FG_CODE_TYPE          "FG012" // text where a list is expected, and so on
#define FG_CODE_WORD          "FG013" // not one of the allowed words
#define FG_CODE_QUOTE         "FG014" // must be quoted
#define FG_CODE_NUMBER        "FG015"
#define FG_CODE_DURATION      "FG016"
#define FG_CODE_TIME          "FG017" // times, days, dates
#define FG_CODE_PREFIX        "FG018" // telephone numbers and prefixes
#define FG_CODE_COUNTRY       "FG019"
#define FG_CODE_DUPLICATE     "FG020" // a name that exists already
#define FG_CODE_REFERENCE     "FG021" // a name that does not exist
#define FG_CODE_RISING        "FG022" // steps or bands that do not rise
#define FG_CODE_LIMIT         "FG023"
#define FG_CODE_SIGNAL        "FG024" // unknown signal
#define FG_CODE_MATCHER       "FG025" // a matcher that does not fit its signal
#define FG_CODE_VERSION       "FG026"
#define FG_CODE_ZONE          "FG027"
#define FG_CODE_PLACEHOLDER   "FG028"
#define FG_CODE_CONFLICT      "FG029" // keys that exclude each other
#define FG_CODE_NAME          "FG030" // a name outside its alphabet
#define FG_CODE_ADDRESS       "FG031" // IP addresses, networks, fingerprints
#define FG_CODE_UNUSED        "FG040"
#define FG_CODE_NO_DESC       "FG041"
#define FG_CODE_PROFILE       "FG042"
#define FG_CODE_CURRENCY      "FG043"
#define FG_CODE_DIAL_PLAN     "FG044"
#define FG_CODE_NEVER         "FG045" // a rule that cannot do what it says
#define FG_CODE_EXPIRED       "FG046" // exceptions and overrides that no longer apply
#define FG_CODE_OLD           "FG047" // data that should have been replaced
#define FG_CODE_CSV           "FG050"
#define FG_CODE_TEST          "FG060" // rule tests
// Advice of the lint: nothing of it stops a load.
#define FG_CODE_LINT_PREFIX    "FG200" // a shorter prefix covers it
#define FG_CODE_LINT_APPENDED  "FG201" // an override adds what the list has
#define FG_CODE_LINT_UNTESTED  "FG202" // no test makes the rule hit
#define FG_CODE_LINT_BAND      "FG203" // a band that no sum reaches
#define FG_CODE_LINT_STEP      "FG204" // a step that gives no more than the one below
#define FG_CODE_LINT_CAPPED    "FG205" // points above the cap of the group
#define FG_CODE_LINT_BEYOND    "FG206" // a step beyond what the meter counts to
#define FG_CODE_LINT_EXPIRES   "FG207" // an exception or override that ends soon
#define FG_CODE_LINT_AGE       "FG208" // a list's file is older than it may be
#define FG_CODE_LINT_OFF       "FG209" // off, or used by nothing that is on
#define FG_CODE_LINT_SHADOW    "FG210" // in shadow without a maturity
#define FG_CODE_LINT_POSITIVES "FG211" // no falsepositives where it is the habit
