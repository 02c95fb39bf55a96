package fetch

import "strings"

// programs are words in the User-Agent of what is no browser. Most crawlers
// give an address for complaints, and browsers never do.
var programs = strings.Fields(`bot crawl spider slurp http:// https:// www. @ headless phantomjs python curl wget java/ okhttp
	go-http-client libwww perl ruby php/ node-fetch axios feed monitor preview proxy scrapy lighthouse`)

// engines are words in the User-Agent of every browser of the last 25 years.
var engines = []string{"gecko/", "applewebkit/", "msie ", "trident/", "presto/", "khtml/"}

// longestAgent bounds what of a User-Agent is looked at.
const longestAgent = 1024

// IsBrowser reports whether a User-Agent is one that a browser sends. Anybody
// can send one; what sends another is no browser.
func IsBrowser(agent []byte) bool {
	text := strings.ToLower(string(agent[:min(len(agent), longestAgent)]))
	if !strings.HasPrefix(text, "mozilla/") && !strings.HasPrefix(text, "opera/") {
		return false
	}
	for _, p := range programs {
		if strings.Contains(text, p) {
			return false
		}
	}
	for _, e := range engines {
		if strings.Contains(text, e) {
			return true
		}
	}
	return false
}
