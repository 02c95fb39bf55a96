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
// logs states how precise it is; these points are our own, set by what they do
// in the towns for tuning (samples/cmd/evaluate), and every one of them is shown
// with its reason. What nginx, Cloudflare and AWStats call a hotlink (a foreign
// Referer on a picture) is the first of them only.
const (
	embedsOnly   = 0.95 // lower bound of the share of visits that embed, 73 of 73: +3
	embedsMostly = 0.75 // 12 of 12: +2
	embedsSome   = 0.65 // 8 of 8: +1
	embedsHardly = 0.50 // below, which is fewer than 4 of 4: -4

	strangers   = 0.10 // own-view share up to which an audience is not ours: +2
	ourVisitors = 0.14 // above which it is ours as well: -3
	ourGuests   = 0.05 // share of visits that follow a link to us, above: -3
	emptyHalf   = 0.5  // share of clients that ask for pages and load nothing of them, above: -3, the Referer is forged

	manyNetworks = 50 // +2
	someNetworks = 10 // +1
	fewNetworks  = 5  // below: -2

	oneClient   = 0.5   // above: -3, it is a matter for the IP control
	browserHalf = 0.5   // below: -3, the Referer is forged
	manyDays    = 3     // active days, or all that the log has: +1
	heavyBytes  = 0.005 // of all bytes: +1

	noLinkOf = 20 // embeds, and no request for a page, of strangers, on manyDays, from embedsSome and fewNetworks on: +2
)

// handful is the number of clients below which a reason says how little it is
// about: to block so few gains little, and costs little if it is wrong.
const handful = 12

// extent is what all hosts share: what counts as much depends on it.
type extent struct {
	bytes int64 // of all counted requests
	days  int64 // UTC days, from the first request with a time to the last
}

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
func wilsonLow(k, n float64) Ratio {
	if n <= 0 {
		return Ratio{}
	}
	const z2 = wilsonZ * wilsonZ
	p := k / n
	middle := p + z2/(2*n)
	reach := wilsonZ * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return Ratio{Value: max(0, (middle-reach)/(1+z2/n)), Known: true}
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

// score gives a host its points.
func score(h *Host, log extent) tab {
	var t tab
	t.addEmbeds(h)
	t.addAudience(h)
	if h.TopClient.Known && h.TopClient.Value > oneClient {
		t.add(-3, "most from one client")
	}
	if h.Browsers.Known && h.Browsers.Value < browserHalf {
		t.add(-3, "most not from browsers")
	}
	t.addDays(h, log)
	if float64(h.Counts.Bytes) >= heavyBytes*float64(log.bytes) && h.Counts.Bytes > 0 {
		t.add(1, "much of the bytes")
	}
	return t
}

// addEmbeds says whether the host embeds.
func (t *tab) addEmbeds(h *Host) {
	switch low := h.EmbedLow; {
	case !low.Known:
		t.add(-4, "what it leads to is not known")
	case low.Value >= embedsOnly:
		t.add(3, "embeds only")
	case low.Value >= embedsMostly:
		t.add(2, "embeds")
	case low.Value >= embedsSome && h.Navigations == 0:
		t.add(1, "embeds, but few")
	case low.Value >= embedsSome:
		t.add(1, "embeds more than it links")
	case low.Value >= embedsHardly && h.Navigations == 0:
		t.add(0, "embeds, but very few")
	case low.Value >= embedsHardly:
		t.add(0, "embeds and links")
	case h.Navigations == 0:
		t.add(-4, "embeds, but too few to tell")
	case h.Embeds == 0:
		t.add(-4, "links")
	default:
		t.add(-4, "links, and embeds")
	}
}

// addDays says how long the host does what it does. That nobody follows a link
// says something only then: the readers of a letter open it within a day or two.
// Nor does it say anything of few networks: at an office people may have our
// pictures in what they work with, day by day.
func (t *tab) addDays(h *Host, log extent) {
	switch {
	case h.Days >= manyDays:
		t.add(1, "%d days", h.Days)
	case h.Days > 0 && h.Days >= log.days:
		t.add(1, "all days of the log")
	default:
		return
	}
	strange := h.OwnView.Known && h.OwnView.Value <= strangers
	if strange && h.Navigations == 0 && h.Embeds >= noLinkOf && h.EmbedLow.Value >= embedsSome && h.Networks >= fewNetworks {
		t.add(2, "nobody follows a link")
	}
}

// addAudience says whose visitors those of the host are, and where from.
func (t *tab) addAudience(h *Host) {
	switch v := h.OwnView; {
	case !v.Known:
	case v.Value <= strangers:
		t.add(2, "its visitors do not view own pages")
	case v.Value > ourVisitors:
		t.add(-3, "its visitors view own pages")
	default:
		t.add(0, "some visitors view own pages")
	}
	if h.ClickShare.Known && h.ClickShare.Value > ourGuests {
		t.add(-3, "its visitors follow links to us")
	}
	if h.EmptyClicks.Known && h.EmptyClicks.Value > emptyHalf {
		t.add(-3, "most ask for pages and load nothing of them")
	}
	switch n := h.Networks; {
	case n >= manyNetworks:
		t.add(2, "many networks")
	case n >= someNetworks:
		t.add(1, "%d networks", n)
	case n < fewNetworks:
		t.add(-2, "few networks")
	}
}

// judge gives a host its score, verdict and reason.
func judge(h *Host, log extent) {
	t := score(h, log)
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
	if (h.Verdict == Block || h.Verdict == Watch) && h.Clients < handful {
		h.Reason += fmt.Sprintf("; small: %d requests by %d clients", h.Counts.Requests, h.Clients)
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

// follow blocks the other hosts of a site that is to be blocked: a page is the
// same under all names of its site. If the site is to be blocked as a whole,
// its hosts that embed go with it, however small each is; if one host of it is,
// those that are watched.
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
		h := &hosts[i]
		if lead != "" && (h.Verdict == Watch || h.Verdict == Ignore && s.Verdict == Block && h.isPart()) {
			h.Verdict = Block
			h.Reason += "; blocked with " + lead
		}
	}
}

// isPart reports whether a host of a site that hotlinks does, too, as far as
// can be told: it embeds, and is not seen to have many visitors who come to us.
func (h *Host) isPart() bool {
	ours := h.OwnView.Value > ourVisitors || h.ClickShare.Value > ourGuests
	return h.Embeds > h.Navigations && !(ours && h.Networks >= manyNetworks)
}
