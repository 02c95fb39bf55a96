package gen

// some is a part of the audience that is large enough for so many visits.
func (t *town) some(visits int64) pool {
	n := min(max(int(visits)*t.between(50, 90)/100, t.between(6, 12)), t.audience.n)
	return pool{t.audience.from + t.rng.IntN(t.audience.n-n+1), n}
}

// someGallery is a choice of files.
func (t *town) someGallery(low, high int) [2]int {
	return [2]int{t.rng.IntN(len(t.w.images)), t.between(low, high)}
}

// open has a site send people, for so many rows.
func (t *town) open(l lead, rows int64, from, to int) {
	p := t.leading(&l)
	l.audience = t.some(rows * 10 / int64(max(p.tenths, 10)))
	t.plan(p, rows, people, from, to)
}

// leeches are the hotlinkers of a trade.
type leeches struct {
	trade  trade
	count  [2]int // sites, from..to
	weight [2]int // of one, in what hotlinkers ask for
	own    [2]int // percent of people who come to us as well
}

// hotlinkers are but for the small ones, whose size does not grow with the log.
var hotlinkers = []leeches{
	{leech, [2]int{2, 5}, [2]int{100, 400}, [2]int{0, 2}},
	{leech, [2]int{5, 14}, [2]int{6, 60}, [2]int{0, 3}},
	{leechHosts, [2]int{1, 3}, [2]int{20, 120}, [2]int{0, 2}},
	{leechTenant, [2]int{6, 20}, [2]int{2, 40}, [2]int{0, 3}},
	{leechForum, [2]int{2, 6}, [2]int{8, 60}, [2]int{0, 4}},
	{leechNew, [2]int{2, 4}, [2]int{20, 100}, [2]int{0, 2}},
	{leechGone, [2]int{2, 4}, [2]int{10, 60}, [2]int{0, 2}},
	{leechMixed, [2]int{2, 5}, [2]int{10, 80}, [2]int{5, 18}},
}

// layHotlinkers lays the sites that show our files in pages of their own.
func (t *town) layHotlinkers(rows int64) {
	t.audience = t.settle(int(rows/int64(t.between(8, 16))), viewer)
	type site struct {
		leeches
		weight int
	}
	var sites []site
	sum := 0
	for _, k := range hotlinkers {
		for range t.between(k.count[0], k.count[1]) {
			w := t.between(k.weight[0], k.weight[1])
			sites = append(sites, site{k, w})
			sum += w
		}
	}
	for range t.between(8, 30) {
		size := min(int64(t.between(6, 160)), rows/100)
		t.embed(leechSmall, [2]int{0, 4}, size)
		rows -= size
	}
	for _, s := range sites {
		t.embed(s.trade, s.own, rows*int64(s.weight)/int64(sum))
	}
}

// embed opens a hotlinker.
func (t *town) embed(d trade, own [2]int, rows int64) {
	hosts := []int{t.named(d)}
	if d == leechHosts {
		hosts = t.subdomains(t.between(4, 50))
	}
	low := t.between(1, 4)
	l := lead{
		hosts: hosts, embeds: [2]int{low, low + t.between(0, 6)}, views: t.between(1, 3), own: t.between(own[0], own[1]),
		click: t.between(-4, 1), regulars: t.between(0, 8), gallery: t.someGallery(2, 250), oldStyle: d == leechForum,
	}
	l.click = max(l.click, 0)
	from, to := 0, t.hours()
	half := to / 2
	switch d {
	case leechNew:
		from = t.between(half/2, to-to/8)
	case leechGone:
		to = t.between(to/8, to-half/2)
	case leechMixed:
		l.regulars = t.between(5, 20)
	}
	t.hotlinking = append(t.hotlinking, hosts[0])
	t.open(l, rows, from, to)
}

// subdomains adds the hosts of one new site.
func (t *town) subdomains(n int) []int {
	site := t.unique("%s.example")
	ids := []int{t.host("www."+site, leechHosts)}
	for len(ids) < n {
		ids = append(ids, t.host(t.unique("%s."+site), leechHosts))
	}
	return ids
}

// layEvaders lays hotlinkers whose pages hide where they are.
func (t *town) layEvaders(rows int64) {
	n := t.between(1, 4)
	for range n {
		low := t.between(2, 5)
		t.open(lead{
			hosts: []int{0}, embeds: [2]int{low, low + t.between(0, 5)}, views: 2, regulars: t.between(0, 5),
			gallery: t.someGallery(5, 300), blank: true,
		}, rows/int64(n), 0, t.hours())
	}
}

// layInnocents lays the sites that send people, or show our files to people who
// come to us anyway, or for whom we meant them.
func (t *town) layInnocents(rows int64) {
	all := [2]int{0, len(t.w.images)}
	known := func(names []string, d trade, percent int, l lead) {
		l.hosts, l.regulars = t.hostsOf(t.someOf(names), d), 60
		if l.gallery[1] == 0 {
			l.gallery = all
		}
		t.open(l, rows*int64(percent)/100, 0, t.hours())
		t.good = append(t.good, l.hosts[0])
	}
	known(searchSites, searching, 40, lead{views: 1, click: 100})
	found := lead{hosts: t.good[:1], embeds: [2]int{1, 5}, views: 2, click: t.between(12, 35), regulars: 30, gallery: all}
	t.open(found, rows*8/100, 0, t.hours())
	known(socialSites, networking, 12, lead{embeds: [2]int{0, 1}, views: 1, click: 80})
	known(mailSites, mailing, 6, lead{embeds: [2]int{4, 9}, views: 1, click: t.between(6, 18), gallery: t.someGallery(20, 60)})
	known([]string{t.translated}, translating, 2, lead{embeds: [2]int{4, 10}, views: 3, click: 3})
	known(archiveSites, archive, 1, lead{embeds: [2]int{4, 10}, views: 2, click: 2})
	known(feedSites, feeding, 3, lead{embeds: [2]int{1, 4}, views: 2, click: 15, gallery: t.someGallery(40, 100)})
	known(answerSites, assistant, 3, lead{embeds: [2]int{0, 1}, views: 1, click: 90})
	t.layUnknown(rows)
}

// layUnknown lays the innocent sites that no list of known ones has.
func (t *town) layUnknown(rows int64) {
	for _, k := range []struct {
		trade   trade
		percent int // of the rows
		count   [2]int
		lead    func() lead
	}{
		{comparison, 14, [2]int{2, 5}, func() lead {
			return lead{embeds: [2]int{1, 6}, views: 2, click: t.tell.click, own: 6, gallery: t.someGallery(60, 1500)}
		}},
		{companyMail, 1, [2]int{2, 6}, func() lead {
			return lead{embeds: [2]int{4, 9}, views: 1, click: t.between(8, 20), own: 4, gallery: t.someGallery(20, 60)}
		}},
		{newsletter, 4, [2]int{1, 2}, func() lead {
			return lead{embeds: [2]int{3, 8}, views: 1, click: t.between(22, 45), own: 3, gallery: t.someGallery(20, 80)}
		}},
		{blog, 4, [2]int{10, 60}, func() lead { return lead{views: 1, click: 100, gallery: t.someGallery(1, 2)} }},
		{blogTenant, 1, [2]int{3, 12}, func() lead { return lead{views: 1, click: 100, gallery: t.someGallery(1, 2)} }},
		{review, 4, [2]int{4, 16}, func() lead {
			return lead{embeds: [2]int{1, 2}, views: 1, click: t.between(25, 55), own: 5, gallery: t.someGallery(1, 6)}
		}},
	} {
		n := t.between(k.count[0], k.count[1])
		for i := range n {
			l := k.lead()
			l.hosts, l.regulars = []int{t.named(k.trade)}, t.between(30, 60)
			t.good = append(t.good, l.hosts[0])
			t.open(l, rows*int64(k.percent)*2*int64(n-i)/int64(100*n*(n+1)), 0, t.hours())
		}
	}
}
