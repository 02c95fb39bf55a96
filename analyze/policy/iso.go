package policy

import (
	"fmt"
	"strings"
)

// isoCodes is every officially assigned code of ISO 3166-1 alpha-2 (249 of
// them), as the ISO Online Browsing Platform lists them: AN, EU, UK and XK are
// not among them.
const isoCodes = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ " +
	"BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ " +
	"DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
	"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY " +
	"HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY " +
	"MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ " +
	"NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY " +
	"QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ " +
	"TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ " +
	"VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"

// countryHints names what is probably meant by a code that is none.
var countryHints = [...]struct{ code, hint string }{
	{"UK", "the United Kingdom is GB"},
	{"EL", "Greece is GR"},
	{"EU", "the European Union is no country: list its members"},
	{"XK", "Kosovo has no ISO code; XK is of some databases only"},
	{"AN", "the Netherlands Antilles became BQ, CW and SX"},
	{"ZZ", "an unknown country cannot be listed"},
	{"XX", "an unknown country cannot be listed"},
}

// IsCountry reports whether a text is an assigned ISO 3166-1 alpha-2 code in
// upper case.
func IsCountry(code string) bool {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return false
	}
	// Every code begins at a multiple of three, so a hit across two codes
	// would need the blank between them.
	return strings.Contains(isoCodes, code)
}

// Countries is every assigned ISO 3166-1 alpha-2 code, in order.
func Countries() []string { return strings.Fields(isoCodes) }

// ParseCountry reads a country entry. Lower case is taken for upper case, and
// the warning says so. Pos is left to the caller.
func ParseCountry(text string) (e Entry, warning string, err error) {
	code := strings.ToUpper(text)
	if !IsCountry(code) {
		for _, h := range countryHints {
			if h.code == code {
				return Entry{}, "", fmt.Errorf("country %q is not in ISO 3166-1: %s", text, h.hint)
			}
		}
		return Entry{}, "", fmt.Errorf("country %q is not an ISO 3166-1 alpha-2 code", shorten(text))
	}
	if code != text {
		warning = fmt.Sprintf("country %s is read as %s", text, code)
	}
	return Entry{Kind: CountryEntry, Text: code}, warning, nil
}
