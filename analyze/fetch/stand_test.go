package fetch

import "testing"

func TestStandFor(t *testing.T) {
	for _, agent := range []string{
		"", "curl/8.5.0", "Mozilla/5.0", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		"sample (ops@crawl.example)", "Mozilla/5.0 (compatible; SampleBot/2.1; +http://www.bot.example)", "watch/1.0 (+https://watch.example)",
	} {
		stand := StandFor([]byte(agent))
		if IsBrowser([]byte(stand)) != IsBrowser([]byte(agent)) {
			t.Errorf("%q stands for %q: one is a browser's", stand, agent)
		}
		if named := NameOf([]byte(stand)); (named == Nameless) != (NameOf([]byte(agent)) == Nameless) || named == Crawler {
			t.Errorf("%q stands for %q: %v", stand, agent, named)
		}
		if again := StandFor([]byte(stand)); again != stand {
			t.Errorf("%q stands for %q, which stands for %q", again, stand, agent)
		}
	}
}
