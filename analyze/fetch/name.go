package fetch

import "strings"

// Name is how far a User-Agent says whose program it is.
type Name uint8

// The names. Anybody can take one.
const (
	Nameless Name = iota // a browser, a library, or nothing at all
	Named                // it gives an address for complaints
	Crawler              // and calls itself a crawler
)

var (
	contacts = []string{"http://", "https://", "www.", "@"}
	crawlers = []string{"bot", "crawl", "spider", "slurp"}
)

// NameOf tells what a User-Agent calls itself.
func NameOf(agent []byte) Name {
	text := strings.ToLower(string(agent[:min(len(agent), longestAgent)]))
	if !containsAny(text, contacts) {
		return Nameless
	}
	if containsAny(text, crawlers) {
		return Crawler
	}
	return Named
}

func containsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
