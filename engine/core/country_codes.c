// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/country.h"

#include <stddef.h>
#include <string.h>

// ISO 3166-1 alpha-2, and AC, TA, XK, which have numbers of their own.
static const char codes[] = "AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG "
                            "BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK "
                            "CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES "
                            "ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT "
                            "GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP "
                            "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA "
                            "MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA "
                            "NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS "
                            "PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO "
                            "SR SS ST SV SX SY SZ TA TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW "
                            "TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

bool fg_country_is_assigned(fg_country country)
{
    if (country == FG_COUNTRY_WORLD) {
        return true;
    }
    char code[4];
    fg_country_format(country, code);
    for (size_t i = 0; i + 2 < sizeof(codes); i += 3) {
        if (memcmp(codes + i, code, 2) == 0) {
            return true;
        }
    }
    return false;
}

const char *fg_country_meant(struct fg_view text)
{
    static const char *const slips[][2] = {{"UK", "GB"}, {"EN", "GB"}, {"EL", "GR"}, {"KO", "KR"}};
    for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
        if (fg_view_equal_nocase(text, fg_view_of(slips[i][0]))) {
            return slips[i][1];
        }
    }
    return NULL;
}
