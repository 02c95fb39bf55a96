package hotlinks

import (
	"math"
	"strings"
	"testing"
)

func known(v float64) Ratio { return Ratio{Value: v, Known: true} }

// hotlinker has the evidence of one: 10 points.
func hotlinker() Host {
	return Host{
		Host: "www.hot.example", Site: "hot.example", Embeds: 500, EmbedShare: known(1), EmbedLow: known(.98), Clients: 300, Networks: 250, Visits: 400,
		TopClient: known(.05), Browsers: known(1), OwnView: known(.01), ClickShare: known(0), EmptyClicks: known(0), Days: 5,
	}
}

func TestScore(t *testing.T) {
	all := extent{bytes: 10_000, days: 7}
	for what, c := range map[string]struct {
		change func(*Host)
		points int
	}{
		"all of it":            {func(*Host) {}, 10},
		"embeds at .95":        {func(h *Host) { h.EmbedLow = known(.95) }, 10},
		"embeds below .95":     {func(h *Host) { h.EmbedLow = known(.949) }, 9},
		"embeds at .75":        {func(h *Host) { h.EmbedLow = known(.75) }, 9},
		"embeds below .75":     {func(h *Host) { h.EmbedLow = known(.749) }, 8},
		"embeds at .65":        {func(h *Host) { h.EmbedLow = known(.65) }, 8},
		"embeds below .65":     {func(h *Host) { h.EmbedLow = known(.649) }, 5},
		"embeds at .50":        {func(h *Host) { h.EmbedLow = known(.50) }, 5},
		"embeds below .50":     {func(h *Host) { h.EmbedLow = known(.499) }, 1},
		"embeds not known":     {func(h *Host) { h.EmbedLow = Ratio{} }, 1},
		"20 embeds":            {func(h *Host) { h.Embeds = 20 }, 10},
		"19 embeds":            {func(h *Host) { h.Embeds = 19 }, 8},
		"a page":               {func(h *Host) { h.Navigations = 1 }, 8},
		"a page at .65":        {func(h *Host) { h.Navigations, h.EmbedLow = 1, known(.65) }, 6},
		"own views at 10%":     {func(h *Host) { h.OwnView = known(.10) }, 10},
		"own views above 10%":  {func(h *Host) { h.OwnView = known(.101) }, 6},
		"own views at 14%":     {func(h *Host) { h.OwnView = known(.14) }, 6},
		"own views above 14%":  {func(h *Host) { h.OwnView = known(.141) }, 3},
		"own views not known":  {func(h *Host) { h.OwnView = Ratio{} }, 6},
		"clicks at 5%":         {func(h *Host) { h.ClickShare = known(.05) }, 10},
		"clicks above 5%":      {func(h *Host) { h.ClickShare = known(.051) }, 7},
		"clicks not known":     {func(h *Host) { h.ClickShare = Ratio{} }, 10},
		"half load nothing":    {func(h *Host) { h.EmptyClicks = known(.5) }, 10},
		"most load nothing":    {func(h *Host) { h.EmptyClicks = known(.51) }, 7},
		"50 networks":          {func(h *Host) { h.Networks = 50 }, 10},
		"49 networks":          {func(h *Host) { h.Networks = 49 }, 9},
		"10 networks":          {func(h *Host) { h.Networks = 10 }, 9},
		"9 networks":           {func(h *Host) { h.Networks = 9 }, 8},
		"5 networks":           {func(h *Host) { h.Networks = 5 }, 8},
		"4 networks":           {func(h *Host) { h.Networks = 4 }, 4},
		"half of one client":   {func(h *Host) { h.TopClient = known(.5) }, 10},
		"most of one client":   {func(h *Host) { h.TopClient = known(.51) }, 7},
		"half of browsers":     {func(h *Host) { h.Browsers = known(.5) }, 10},
		"few of browsers":      {func(h *Host) { h.Browsers = known(.49) }, 7},
		"browsers not known":   {func(h *Host) { h.Browsers = Ratio{} }, 10},
		"2 days":               {func(h *Host) { h.Days = 2 }, 7},
		"0.5% of the bytes":    {func(h *Host) { h.Counts.Bytes = 50 }, 11},
		"0.49% of the bytes":   {func(h *Host) { h.Counts.Bytes = 49 }, 10},
		"nothing but requests": {func(h *Host) { *h = Host{} }, -6},
	} {
		h := hotlinker()
		c.change(&h)
		if got := score(&h, all); got.points != c.points {
			t.Errorf("%s: %d points (%s), want %d", what, got.points, strings.Join(got.words, ", "), c.points)
		}
	}
}

// TestScoreOfShortLogs demands that a host cannot miss the points for days that
// the log does not have, nor get them for times that it does not have.
func TestScoreOfShortLogs(t *testing.T) {
	for _, c := range []struct{ active, log, points int64 }{{1, 1, 10}, {1, 2, 7}, {2, 2, 10}, {2, 3, 7}, {3, 30, 10}, {0, 0, 7}} {
		h := hotlinker()
		h.Days = c.active
		if got := score(&h, extent{days: c.log}); int64(got.points) != c.points {
			t.Errorf("%d of %d days: %d points (%s), want %d", c.active, c.log, got.points, strings.Join(got.words, ", "), c.points)
		}
	}
}

// smallest has the evidence of people of so many networks, each of whom came so
// often, on three days, to embed and do nothing else.
func smallest(clients, visits int64) Host {
	h := Host{
		Embeds: 3 * visits, EmbedLow: wilsonLow(float64(visits), float64(visits)), Clients: clients, Networks: clients, Visits: visits,
		TopClient: known(.2), Browsers: known(1), OwnView: known(0), ClickShare: known(0), EmptyClicks: known(0), Days: 3,
	}
	h.Counts.Requests = h.Embeds
	return h
}

// TestLeast demands what the smallest hotlinkers get: nobody is blocked for
// fewer than 8 visits, 5 people or 20 requests.
func TestLeast(t *testing.T) {
	for _, c := range []struct {
		clients, visits int64
		change          func(*Host)
		want            Verdict
	}{
		{2, 3, func(*Host) {}, Ignore},
		{4, 12, func(*Host) {}, Ignore},
		{4, 12, func(h *Host) { h.Counts.Bytes = 1000 }, Watch},
		{300, 900, func(h *Host) { h.Networks = 4 }, Watch}, // at an office
		{300, 900, func(h *Host) { h.Networks, h.Counts.Bytes = 4, 1000 }, Watch},
		{5, 7, func(*Host) {}, Ignore},
		{5, 8, func(*Host) {}, Block},
		{8, 8, func(*Host) {}, Block},
		{8, 8, func(h *Host) { h.Embeds = 19 }, Watch},
		{8, 8, func(h *Host) { h.Navigations = 1 }, Watch},
		{11, 11, func(h *Host) { h.Navigations = 1 }, Watch},
		{12, 12, func(h *Host) { h.Navigations = 1 }, Block},
		{8, 8, func(h *Host) { h.OwnView = known(.125) }, Ignore},
		{8, 8, func(h *Host) { h.Days = 2 }, Ignore},
		{25, 25, func(h *Host) { h.Days = 1 }, Watch},
	} {
		h := smallest(c.clients, c.visits)
		c.change(&h)
		judge(&h, extent{bytes: 1000, days: 7})
		if h.Verdict != c.want {
			t.Errorf("%d visits of %d clients: %s (%d: %s), want %s", c.visits, c.clients, h.Verdict, h.Score, h.Reason, c.want)
		}
	}
}

// TestReasonOfSmall demands that a host of a handful of people is called small.
func TestReasonOfSmall(t *testing.T) {
	for clients, want := range map[int64]string{11: "+1, its visitors do not view own pages +2, 11 networks +1, 3 days +1, nobody follows a link +2; small: 33 requests by 11 clients",
		12: "+2, its visitors do not view own pages +2, 12 networks +1, 3 days +1, nobody follows a link +2"} {
		h := smallest(clients, clients)
		if judge(&h, extent{days: 7}); h.Verdict != Block || !strings.HasSuffix(h.Reason, want) {
			t.Errorf("%s: %s, want %s", h.Verdict, h.Reason, want)
		}
	}
	h := smallest(3, 3)
	if judge(&h, extent{days: 7}); h.Verdict != Ignore || strings.Contains(h.Reason, "small") {
		t.Errorf("%s: %s", h.Verdict, h.Reason)
	}
}

func TestVerdicts(t *testing.T) {
	spam := Host{Navigations: 6, EmbedLow: known(0), Clients: 2, Networks: 2, OwnView: known(0), TopClient: known(.5), Browsers: known(1)}
	spam.Counts.Requests = 6
	for what, c := range map[string]struct {
		host    Host
		change  func(*Host)
		verdict Verdict
		reason  string
	}{
		"hotlinker":           {hotlinker(), func(*Host) {}, Block, "embeds only +3, its visitors do not view own pages +2, many networks +2, 5 days +1, nobody follows a link +2"},
		"six points":          {hotlinker(), func(h *Host) { h.Networks, h.Navigations = 5, 1 }, Block, ""},
		"five points":         {hotlinker(), func(h *Host) { h.Networks, h.Days = 5, 1 }, Watch, ""},
		"four points":         {hotlinker(), func(h *Host) { h.Networks = 4 }, Watch, ""},
		"three points":        {hotlinker(), func(h *Host) { h.Networks, h.Days = 4, 1 }, Ignore, ""},
		"partner":             {hotlinker(), func(h *Host) { h.Class = Partner }, Known, "partner: for a person to decide, since its points would block it"},
		"search engine":       {spam, func(h *Host) { h.Class = Search }, Known, "search: for a person to decide"},
		"spam":                {spam, func(*Host) {}, Spam, "pages only, again and again for few clients, which look at nothing else"},
		"link in a forum":     {spam, func(h *Host) { h.Clients, h.Networks = 4, 4 }, Ignore, ""},
		"link that is read":   {spam, func(h *Host) { h.OwnView = known(.5) }, Ignore, ""},
		"few embeds":          {spam, func(h *Host) { h.Embeds = 1 }, Ignore, ""},
		"nobody knows of":     {spam, func(h *Host) { h.OwnView = Ratio{} }, Ignore, ""},
		"no request for page": {spam, func(h *Host) { h.Navigations = 0 }, Ignore, ""},
	} {
		h := c.host
		c.change(&h)
		judge(&h, extent{days: 7})
		if h.Verdict != c.verdict || c.reason != "" && h.Reason != c.reason {
			t.Errorf("%s: %s (%d: %s), want %s (%s)", what, h.Verdict, h.Score, h.Reason, c.verdict, c.reason)
		}
	}
}

func TestFollow(t *testing.T) {
	hosts := []Host{
		{Host: "b.hot.example", Site: "hot.example", Verdict: Block}, {Host: "a.hot.example", Site: "hot.example", Verdict: Block},
		{Host: "c.hot.example", Site: "hot.example", Verdict: Watch, Reason: "few"}, {Host: "d.hot.example", Site: "hot.example", Verdict: Ignore},
		{Host: "e.hot.example", Site: "hot.example", Verdict: Known}, {Host: "x.other.example", Site: "other.example", Verdict: Watch},
	}
	follow(hosts, []int{0, 1, 2, 3, 4}, &Host{})
	follow(hosts, []int{5}, &Host{})
	var got []string
	for _, h := range hosts {
		got = append(got, string(h.Verdict)+" "+h.Reason)
	}
	if want := "block |block |block few; blocked with a.hot.example|ignore |known |watch "; strings.Join(got, "|") != want {
		t.Errorf("%s, want %s", strings.Join(got, "|"), want)
	}
	hosts = []Host{
		{Verdict: Watch, Reason: "few"}, {Verdict: Ignore}, {Verdict: Known, Embeds: 9}, {Verdict: Ignore, Embeds: 2, Navigations: 1, Reason: "fewer"},
		{Verdict: Ignore, Embeds: 2, Navigations: 2}, {Verdict: Ignore, Embeds: 9, OwnView: known(.5), Networks: manyNetworks},
		{Verdict: Ignore, Embeds: 9, ClickShare: known(.5), Networks: manyNetworks}, {Verdict: Ignore, Embeds: 9, OwnView: known(.5), Networks: manyNetworks - 1},
	}
	follow(hosts, []int{0, 1, 2, 3, 4, 5, 6, 7}, &Host{Site: "hot.example", Verdict: Block})
	got = nil
	for _, h := range hosts {
		got = append(got, string(h.Verdict))
	}
	if want := "block ignore known block ignore ignore ignore block"; strings.Join(got, " ") != want || hosts[3].Reason != "fewer; blocked with the other hosts of hot.example" {
		t.Errorf("%s (%s), want %s", strings.Join(got, " "), hosts[3].Reason, want)
	}
}

// TestWilsonLow compares with the bounds found by solving the equation that
// they come from: (p-l)^2 = z^2 l(1-l)/n.
func TestWilsonLow(t *testing.T) {
	if wilsonLow(0, 0).Known {
		t.Error("the bound of nothing is known")
	}
	for n := int64(1); n < 400; n = n*3/2 + 1 {
		for k := int64(0); k <= n; k++ {
			p, low, high := float64(k)/float64(n), 0.0, float64(k)/float64(n)
			for range 60 { // the difference falls as l rises to p
				l := (low + high) / 2
				if (p-l)*(p-l) > wilsonZ*wilsonZ*l*(1-l)/float64(n) {
					low = l
				} else {
					high = l
				}
			}
			if got := wilsonLow(float64(k), float64(n)); !got.Known || math.Abs(got.Value-low) > 1e-9 {
				t.Errorf("%d of %d: %v, want %v", k, n, got.Value, low)
			}
		}
	}
}

// TestKnownSites demands that a site with one known host is known as a whole.
func TestKnownSites(t *testing.T) {
	a := plan().New()
	hosts := []Host{
		{Host: "mail.known.example", Site: "known.example", Class: Webmail}, {Host: "pages.known.example", Site: "known.example"},
		{Host: "www.known.example", Site: "known.example", Class: Search}, {Host: "www.other.example", Site: "other.example", Class: Search},
	}
	a.hosts = make([]tracks, 9)
	sites := a.judgeSites(hosts, []int{1, 2, 3, 4}, extent{})
	if len(sites) != 1 || sites[0].Class != Search || sites[0].Verdict != Known || sites[0].Hosts != 3 {
		t.Errorf("%+v", sites)
	}
}
