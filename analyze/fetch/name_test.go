package fetch

import "testing"

func TestNameOf(t *testing.T) {
	for agent, want := range map[string]Name{
		"":  Nameless,
		"-": Nameless,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36": Nameless,
		"python-requests/2.31.0": Nameless,
		"somebot/1.0":            Nameless,
		"FeedSample/2.1 (+https://reader.example/fetcher)":                 Named,
		"sample (ops@crawl.example)":                                       Crawler,
		"Mozilla/5.0 (compatible; SampleBot/2.1; +http://www.bot.example)": Crawler,
	} {
		if got := NameOf([]byte(agent)); got != want {
			t.Errorf("%q: %d, want %d", agent, got, want)
		}
	}
}
