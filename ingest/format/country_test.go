package format

import (
	"strings"
	"testing"
)

func TestCountry(t *testing.T) {
	for name, want := range map[string]string{
		"Netherlands": "NL", "united states": "US", "United States of America": "US", "NL": "NL", "fr": "fr", "Côte d'Ivoire": "CI", "Cote d’Ivoire": "CI",
		"korea republic of": "KR", "Korea, Republic of": "KR", "Hong Kong SAR": "HK", "Congo (DRC)": "CD", "Trinidad & Tobago": "TT", "Türkiye": "TR", "Turkiye": "TR",
		"iran islamic republic of": "IR", "russian federation": "RU", "Réunion": "RE", "St. Kitts and Nevis": "KN", "U.S. Virgin Islands": "VI", "viet nam": "VN",
		"": "", "N/A": "", "Atlantis": "", strings.Repeat("&", 1000): "", strings.Repeat("&", 64): "",
	} {
		if got := string(country([]byte(name))); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// TestCountryNames holds that each name in the table stands for one country and
// is short enough to be found.
func TestCountryNames(t *testing.T) {
	known := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(countryNames), "\n") {
		code, names, ok := strings.Cut(line, " ")
		if !ok || len(code) != 2 {
			t.Fatalf("line %q", line)
		}
		for _, name := range strings.Split(names, "|") {
			key := string(countryKey(nil, []byte(name)))
			if other := known[key]; other != "" {
				t.Errorf("%q is %s and %s", name, other, code)
			}
			known[key] = code
			if got := string(country([]byte(name))); got != code {
				t.Errorf("%q: %q, want %q", name, got, code)
			}
		}
	}
	if len(known) < 300 {
		t.Errorf("%d names", len(known))
	}
}
