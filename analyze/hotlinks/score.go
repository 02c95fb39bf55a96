package hotlinks

import (
	"fmt"
	"math"
	"strings"
)

// Verdict is what becomes of a host.
type Verdict string

// The verdicts.
const (
	Block  Verdict = "block"  // it embeds our files for an audience of its own
	Watch  Verdict = "watch"  // it looks like that, but the evidence is thin
	Known  Verdict = "known"  // of a known class: for a person to decide
	Spam   Verdict = "spam"   // few clients ask for pages so that our log names the host
	Ignore Verdict = "ignore" // it links to us, or does not matter
)

// The points at which a host is to be blocked or watched.
const (
	blockPoints = 6
	watchPoints = 4
)

// The scale of the evidence. No published detector of hotlinks that works on
// logs states how precise it is; these points are our own, and every one of
// them is shown with its reason. What nginx, Cloudflare and AWStats call a
// hotlink (a foreign Referer on a picture) is the first of them only.
const (
	embedsOnly   = 0.95 // lower bound of the share of clients that embed: +3
	embedsMostly = 0.80 // +2
	embedsHardly = 0.50 // below: -4

	strangers   = 0.05 // own-view share up to which an audience is not ours: +2
	ourVisitors = 0.20 // above which it is ours as well: -3

	manyNetworks = 100 // +2
	someNetworks = 20  // +1
	fewNetworks  = 5   // below: -2

	oneClient   = 0.5   // above: -3, it is a matter for the IP control
	browserHalf = 0.5   // below: -3, the Referer is forged
	manyDays    = 3     // active days: +1
	heavyBytes  = 0.005 // of all bytes: +1
)

// Ratio is a share of something; not Known when there is nothing to take a
// share of.
type Ratio struct {
	Value float64
	Known bool
}

func ratio(part, whole int64) Ratio {
	if whole <= 0 {
		return Ratio{}
	}
	return Ratio{Value: float64(part) / float64(whole), Known: true}
}

// wilsonZ is the quantile of the normal distribution for 95%, two-sided.
const wilsonZ = 1.959963984540054

// wilsonLow is the lower bound of the 95% interval for a share, from k of a
// sample of n (Wilson 1927): 3 of 3 do not prove as much as 300 of 300. 29 of
// 29 give 0.883.
func wilsonLow(k, n int64) Ratio {
	if n <= 0 {
		return Ratio{}
	}
	const z2 = wilsonZ * wilsonZ
	size, p := float64(n), float64(k)/float64(n)
	middle := p + z2/(2*size)
	reach := wilsonZ * math.Sqrt(p*(1-p)/size+z2/(4*size*size))
	return Ratio{Value: max(0, (middle-reach)/(1+z2/size)), Known: true}
}

// tab adds up points with the words for them.
type tab struct {
	points int
	words  []string
}

func (t *tab) add(points int, format string, args ...any) {
	t.points += points
	t.words = append(t.words, fmt.Sprintf("%s %+d", fmt.Sprintf(format, args...), points))
}

// score gives a host its points; bytes are those of all counted requests.
func score(h *Host, bytes int64) tab {
	var t tab
	switch low := h.EmbedLow; {
	case !low.Known:
		t.add(-4, "what it leads to is not known")
	case low.Value >= embedsOnly:
		t.add(3, "embeds only")
	case low.Value >= embedsMostly:
		t.add(2, "embeds")
	case low.Value >= embedsHardly && h.Navigations == 0:
		t.add(0, "embeds, but few")
	case low.Value >= embedsHardly:
		t.add(0, "embeds and links")
	case h.Navigations == 0:
		t.add(-4, "embeds, but too few to tell")
	case h.Embeds == 0:
		t.add(-4, "links")
	default:
		t.add(-4, "links, and embeds")
	}
	switch v := h.OwnView; {
	case !v.Known:
	case v.Value <= strangers:
		t.add(2, "its visitors do not view own pages")
	case v.Value > ourVisitors:
		t.add(-3, "its visitors view own pages")
	default:
		t.add(0, "some visitors view own pages")
	}
	switch n := h.Networks; {
	case n >= manyNetworks:
		t.add(2, "many networks")
	case n >= someNetworks:
		t.add(1, "%d networks", n)
	case n < fewNetworks:
		t.add(-2, "few networks")
	}
	if h.TopClient.Known && h.TopClient.Value > oneClient {
		t.add(-3, "most from one client")
	}
	if h.Browsers.Known && h.Browsers.Value < browserHalf {
		t.add(-3, "most not from browsers")
	}
	if h.Days >= manyDays {
		t.add(1, "%d days", h.Days)
	}
	if float64(h.Counts.Bytes) >= heavyBytes*float64(bytes) && h.Counts.Bytes > 0 {
		t.add(1, "much of the bytes")
	}
	return t
}

// judge gives a host its score, verdict and reason.
func judge(h *Host, bytes int64) {
	t := score(h, bytes)
	h.Score, h.Reason = t.points, strings.Join(t.words, ", ")
	switch {
	case h.Class != Unclassified:
		h.Verdict, h.Reason = Known, string(h.Class)+": for a person to decide"
		if t.points >= blockPoints {
			h.Reason += ", since its points would block it"
		}
	case t.points >= blockPoints:
		h.Verdict = Block
	case t.points >= watchPoints:
		h.Verdict = Watch
	case isSpam(h):
		h.Verdict = Spam
		h.Reason = "pages only, again and again for few clients, which look at nothing else"
	default:
		h.Verdict = Ignore
	}
}

// isSpam tells referrer spam from a link that few people follow: who follows a
// link loads what the page needs, from an own page.
func isSpam(h *Host) bool {
	return h.Embeds == 0 && h.Navigations > 0 && h.Networks < fewNetworks && h.Counts.Requests >= repeats*h.Clients &&
		h.OwnView.Known && h.OwnView.Value <= strangers
}

// repeats is how often each client asks, on average, that does not follow a
// link: who does asks once.
const repeats = 2

// follow blocks the watched hosts of a site that is to be blocked as a whole, or
// that has a host to be blocked: a page is the same under all names of its site.
func follow(hosts []Host, members []int, s *Host) {
	lead := ""
	for _, i := range members {
		if h := &hosts[i]; h.Verdict == Block && (lead == "" || h.Host < lead) {
			lead = h.Host
		}
	}
	if s.Verdict == Block && lead == "" {
		lead = "the other hosts of " + s.Site
	}
	for _, i := range members {
		if h := &hosts[i]; h.Verdict == Watch && lead != "" {
			h.Verdict = Block
			h.Reason += "; blocked with " + lead
		}
	}
}
