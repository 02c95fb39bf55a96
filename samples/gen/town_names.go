package gen

import (
	"fmt"
	"strconv"
	"strings"
)

// trade is what a Referer host is.
type trade uint8

const (
	ownTrade trade = iota
	leech
	leechHosts
	leechTenant
	leechForum
	leechNew
	leechGone
	leechMixed
	leechSmall
	comparison
	searching
	networking
	mailing
	companyMail
	newsletter
	translating
	archive
	feeding
	assistant
	blog
	blogTenant
	review
	victim
	spamTrade
	numTrades
)

// trades say what the hosts are. Hotlinkers are those that show our files in
// pages of their own to people who do not come to ours.
var trades = [numTrades]struct {
	name      string
	hotlinker bool
	text      string
}{
	ownTrade:    {"own", false, "the site whose log it is"},
	leech:       {"hotlinker", true, "one host, of any size"},
	leechHosts:  {"hotlinker-hosts", true, "a site of many hosts"},
	leechTenant: {"hotlinker-tenant", true, "a site below a platform's suffix, beside innocent ones"},
	leechForum:  {"hotlinker-forum", true, "threads with our files; Referers have a path"},
	leechNew:    {"hotlinker-new", true, "appears after some days"},
	leechGone:   {"hotlinker-gone", true, "ends after some days"},
	leechMixed:  {"hotlinker-mixed", true, "some of its people come to us, too"},
	leechSmall:  {"hotlinker-small", true, "a handful of people"},
	comparison:  {"partner", false, "shows our files, and many of its people come to us"},
	searching:   {"search", false, "links, and shows found pictures"},
	networking:  {"social", false, "links, and shows previews"},
	mailing:     {"webmail", false, "shows the pictures of newsletters; of a known provider"},
	companyMail: {"webmail-own", false, "the same on a host of the receiver's company"},
	newsletter:  {"newsletter", false, "newsletters in the browser, at who sends them for us"},
	translating: {"translate", false, "our pages in another language"},
	archive:     {"cache", false, "copies of our pages"},
	feeding:     {"feed", false, "a reader of feeds"},
	assistant:   {"assistant", false, "answers with links"},
	blog:        {"blog", false, "links, no more"},
	blogTenant:  {"blog-tenant", false, "the same below a platform's suffix, beside hotlinkers"},
	review:      {"review", false, "shows a picture or two with a link that many follow"},
	victim:      {"victim", false, "never led to us: only programs name it"},
	spamTrade:   {"spam", false, "wants to be read in the log"},
}

// platform is a public suffix (Public Suffix List, private section): each name
// below it is a site of its own. No reserved name is one. Tenants begin with
// "example-".
const platform = "blogspot.com"

// Hosts of known sites, as people come from them.
var (
	searchSites  = []string{"www.google.com", "www.bing.com", "duckduckgo.com", "www.google.de", "search.yahoo.com", "search.brave.com", "yandex.ru", "www.ecosia.org"}
	socialSites  = []string{"www.facebook.com", "t.co", "www.pinterest.com", "l.instagram.com", "www.reddit.com", "l.facebook.com", "www.linkedin.com"}
	mailSites    = []string{"outlook.live.com", "mail.yahoo.com", "mail.google.com", "navigator.web.de"}
	archiveSites = []string{"web.archive.org", "webcache.googleusercontent.com"}
	feedSites    = []string{"feedly.com", "www.inoreader.com"}
	answerSites  = []string{"chatgpt.com", "www.perplexity.ai", "claude.ai", "gemini.google.com"}
)

// suffixes are those of the town's hosts that have more than one label.
var suffixes = []string{platform, "translate.goog"}

// siteOf is the name that the owner of one of the town's hosts has registered.
func siteOf(name string) string {
	labels := strings.Split(name, ".")
	n := 2
	for _, s := range suffixes {
		if strings.HasSuffix(name, "."+s) {
			n = 3
		}
	}
	return strings.Join(labels[max(0, len(labels)-n):], ".")
}

// host adds a Referer host.
func (t *town) host(name string, d trade) int {
	t.w.hosts = append(t.w.hosts, host{name: name})
	t.trade = append(t.trade, d)
	t.names[name] = true
	return len(t.w.hosts) - 1
}

// hostsOf adds several.
func (t *town) hostsOf(names []string, d trade) []int {
	var ids []int
	for _, n := range names {
		ids = append(ids, t.host(n, d))
	}
	return ids
}

// someOf are a few of a list, at least one, in its order.
func (t *town) someOf(names []string) []string {
	return names[:t.between(1, len(names))]
}

// named adds a host of a site of its own, with a name in a form of its trade.
func (t *town) named(d trade) int {
	shapes := []string{"www.%s.example", "%s.example", "www.%s.test", "%s.test", "m.%s.example", "pics.%s.test"}
	switch d {
	case leechForum:
		shapes = []string{"forum.%s.example", "board.%s.test", "www.%s-forum.test"}
	case leechTenant, blogTenant:
		shapes = []string{"example-%s." + platform}
	case companyMail:
		shapes = []string{"mail.%s.example", "webmail.%s.test"}
	case newsletter:
		shapes = []string{"view.%s-news.example"}
	}
	return t.host(t.unique(shapes[t.rng.IntN(len(shapes))]), d)
}

// unique puts a word into a shape such that no host has that name.
func (t *town) unique(shape string) string {
	for n := 0; ; n++ {
		word := words[t.rng.IntN(len(words))] + words[t.rng.IntN(len(words))]
		if n > 0 {
			word += strconv.Itoa(n)
		}
		if name := fmt.Sprintf(shape, word); !t.names[name] {
			return name
		}
	}
}

// layOwn names the own hosts.
func (t *town) layOwn() {
	t.names = map[string]bool{}
	kinds := []string{"shop", "store", "mart", "goods"}
	name := words[t.rng.IntN(len(words))] + kinds[t.rng.IntN(len(kinds))]
	images := []string{"img." + name + ".example", "cdn." + name + ".example", name + "-static.test"}
	t.w.pageHost, t.w.imageHost = "www."+name+".example", images[t.rng.IntN(len(images))]
	t.host(t.w.pageHost, ownTrade)
	t.host(t.w.imageHost, ownTrade)
	t.translated = "www-" + name + "-example.translate.goog"
}
