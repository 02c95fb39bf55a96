package hotlinks

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/site"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// MostJudged is how many hosts are judged: those with most requests. The rest
// is summed up with what is not listed, because anybody can write a new host
// into every request.
const MostJudged = 1 << 16

// Host is a foreign Referer host and the evidence on it. A whole site is one
// without a name.
type Host struct {
	Host, Site string
	Class      Class
	Verdict    Verdict
	Score      int
	Reason     string // the points that make up the score, in words

	Counts      tally.Counts
	Embeds      int64 // requests for what pages embed
	Navigations int64 // requests for documents
	EmbedShare  Ratio // of embeds and navigations
	// EmbedLow is the lower bound of the 95% interval of the share of visits most
	// of whose requests embed. Visits are the sample and not requests, and those
	// of one client count as a few at most, because they say the same many times
	// over: a flood of requests for pages with a forged Referer does not hide
	// who embeds.
	EmbedLow    Ratio
	Clients     int64
	Networks    int64 // IPv4 /24 and IPv6 /48
	Visits      int64 // half hours in which a person (address and User-Agent) was there
	TopClient   Ratio // share of requests of the client with most
	Browsers    Ratio // share of requests with the User-Agent of a browser
	OwnView     Ratio // share of visits with a view of something of ours within half an hour
	ClickShare  Ratio // share of visits in which that came after a link of the host had been followed
	EmptyClicks Ratio // share of clients that asked for pages with the host, and viewed nothing of ours near
	Objects     int64 // distinct paths
	TopObject   Ratio // share of requests for the path with most
	Days        int64 // UTC days with a request
	First, Last int64 // record.NoTime if no request has a time
	Countries   []Place
	Hosts       int64 // hosts of the site that were judged
	Slots       int64 // those that embed: an entry each where wildcards are not taken
	// Estimated: the host has more visits or objects than are kept. Clients,
	// visits and objects are estimates then, networks, top client and top object at
	// least what they are said to be, and the other shares those of a part.
	Estimated bool
}

// Place is how many requests came from a country.
type Place struct {
	Country  geo.Country
	Requests int64
}

// OwnSite is a site that is not foreign.
type OwnSite struct {
	Site   string
	Given  bool  // named by the user; else told from the hosts that the log serves
	Served int64 // requests for its hosts
}

// Evasion counts the embeds that no rule on Referer hosts can reach.
type Evasion struct {
	Embeds   tally.Counts // all
	NoSender tally.Counts // Referer absent or empty
	Browsers int64        // requests of these with the User-Agent of a browser
	NoHost   tally.Counts // Referer without a host
	Foreign  tally.Counts // from foreign hosts
}

// Minus is what is left of e without another part.
func (e Evasion) Minus(f Evasion) Evasion {
	return Evasion{e.Embeds.Minus(f.Embeds), e.NoSender.Minus(f.NoSender), e.Browsers - f.Browsers, e.NoHost.Minus(f.NoHost), e.Foreign.Minus(f.Foreign)}
}

// Result is what the evidence says.
type Result struct {
	Total       tally.Counts // all requests
	Counted     tally.Counts // those that were answered with the file
	Own         tally.Counts // counted ones by what the Referer is
	Foreign     tally.Counts
	NoHost      tally.Counts
	NoReferer   tally.Counts
	First, Last int64 // of counted requests; record.NoTime if none has one

	Sites     []OwnSite
	Busiest   Host // foreign host with most requests; its name is "" if there is none
	Verdicts  map[Verdict]Sum
	Hosts     []Host // block, watch and the others, each by requests
	Other     Host   // the sum of the hosts that are not listed; of its evidence only counts
	Rest      int    // how many those are
	Unjudged  Sum    // those of them that were not judged
	Pooled    Sum    // hosts that were taken together as one, to save memory
	Estimated int    // hosts, listed or not
	Joint     []Host // sites of which several hosts were judged, judged as one host, in the same order
	JointRest int    // how many of them are not listed
	Scattered int    // how many of them are to be blocked while none of their hosts is by its own points
	Evasion   Evasion
	// Unsigned is the part of Evasion without a Referer, by input. Of an input
	// whose log has no such column it says nothing: see Evasion.Minus.
	Unsigned []Evasion
}

// Judgement is a result in terms of the ids of the analysis's dictionaries. It
// holds until another analysis is merged in.
type Judgement struct {
	*Result
	Verdicts []Verdict // by Referer host id; "" if the host was not judged, or is no foreign one

	of *Analysis
}

// Viewers are the clients to whom a foreign host led and who viewed something
// of ours within half an hour of it, each once. Of an estimated host only those
// of the visits kept are known.
func (j *Judgement) Viewers(host record.ID) []record.ID { return j.of.viewersOf(host) }

// ViewsOwn reports whether a client viewed something of the own sites, as far
// as own views are kept.
func (j *Judgement) ViewsOwn(client record.ID) bool { return j.of.viewsOwn(client) }

// ViewsNothing reports whether a client viewed nothing of the own sites. Of one
// whose own views are not kept nobody knows.
func (j *Judgement) ViewsNothing(client record.ID) bool {
	return j.of.own.has(j.of.own.hashes(uint32(client))) && !j.of.viewsOwn(client)
}

// Sum is how many hosts got a verdict, and for what.
type Sum struct {
	Hosts  int64
	Counts tally.Counts
	Embeds int64
}

// Result sums up the evidence, and lists the top hosts. The analysis must not
// be added to afterwards, but others may be merged into it.
func (a *Analysis) Result(top int) *Result {
	return a.Judge(top).Result
}

// Judge is Result for a caller who weighs single requests by it.
func (a *Analysis) Judge(top int) *Judgement {
	a.settle()
	j := &Judgement{of: a.snapshot()}
	j.Result, j.Verdicts = j.of.result(top)
	return j
}

// snapshot is a settled analysis of which the parts that disown changes may be
// changed.
func (a *Analysis) snapshot() *Analysis {
	b := *a
	b.hosts = slices.Clone(a.hosts)
	return &b
}

func (a *Analysis) result(top int) (*Result, []Verdict) {
	r := &Result{Total: a.total, First: a.first, Last: a.last, Verdicts: map[Verdict]Sum{}}
	r.Sites = a.ownSites()
	a.disown(r.Sites)
	a.compare()
	for o, s := range a.origins {
		r.Counted = r.Counted.Plus(s.all)
		r.Evasion.Embeds = r.Evasion.Embeds.Plus(a.origins[o].embeds)
	}
	r.Own, r.Foreign, r.NoHost, r.NoReferer = a.origins[fromOwn].all, a.origins[fromForeign].all, a.origins[fromNoHost].all, a.origins[fromNobody].all
	r.Evasion.NoSender, r.Evasion.Browsers = a.origins[fromNobody].embeds, a.origins[fromNobody].browsers
	r.Evasion.NoHost, r.Evasion.Foreign = a.origins[fromNoHost].embeds, a.origins[fromForeign].embeds
	for _, s := range a.nobody {
		r.Unsigned = append(r.Unsigned, Evasion{Embeds: s.embeds, NoSender: s.embeds, Browsers: s.browsers})
	}
	hosts, sites, ids, unjudged := a.judged(extent{bytes: r.Counted.Bytes, days: a.length()})
	verdicts := make([]Verdict, len(a.hosts))
	for i, id := range ids {
		verdicts[id] = hosts[i].Verdict
	}
	r.list(hosts, top)
	r.listSites(sites, hosts, top)
	r.Rest += len(unjudged)
	for _, id := range unjudged {
		h := Host{Counts: a.hosts[id].all, Embeds: a.hosts[id].embeds.Requests, Navigations: a.hosts[id].navigations}
		r.Other.add(&h)
		if a.dicts.RefererHosts.Pooled(record.ID(id)) {
			r.Pooled.add(&h)
		} else {
			r.Unjudged.add(&h)
		}
	}
	return r, verdicts
}

func (s *Sum) add(h *Host) {
	s.Hosts++
	s.Counts, s.Embeds = s.Counts.Plus(h.Counts), s.Embeds+h.Embeds
}

// leastServed is the share of requests from which on a host that the log
// serves is taken for the user's: anybody can ask for any.
const leastServed = 0.01

// ownSites are the sites given, and those that the log serves.
func (a *Analysis) ownSites() []OwnSite {
	served := map[string]int64{}
	var all int64
	for id, n := range a.served {
		if s := a.sites[id]; s != "" {
			served[s] += n
			all += n
		}
	}
	var out []OwnSite
	for _, s := range slices.Sorted(maps.Keys(a.plan.own)) {
		out = append(out, OwnSite{Site: s, Given: true, Served: served[s]})
	}
	var told []OwnSite
	for s, n := range served {
		if !a.plan.own[s] && float64(n) >= leastServed*float64(all) && n > 0 {
			told = append(told, OwnSite{Site: s, Served: n})
		}
	}
	slices.SortFunc(told, func(s, t OwnSite) int {
		return cmp.Or(cmp.Compare(t.Served, s.Served), cmp.Compare(s.Site, t.Site))
	})
	return append(out, told...)
}

// disown makes the requests from hosts of own sites, which were foreign until
// now, own ones: which sites the log serves is known only in the end.
func (a *Analysis) disown(sites []OwnSite) {
	ours := map[string]bool{}
	for _, s := range sites {
		ours[s.Site] = true
	}
	moved := make([]bool, len(a.hosts))
	for id := range a.hosts {
		h := &a.hosts[id]
		if h.all.Requests > 0 && ours[site.Of(a.dicts.RefererHosts.String(record.ID(id)))] {
			moved[id] = true
			a.origins[fromForeign] = a.origins[fromForeign].minus(h.sums)
			a.origins[fromOwn] = a.origins[fromOwn].plus(h.sums)
			*h = tracks{}
		}
	}
	var views []own
	for i := range a.visits.entries {
		if v := &a.visits.entries[i]; moved[v.host] {
			views = append(views, own{v.client, v.agent, v.slot, v.at})
		}
	}
	if len(views) > 0 {
		a.own = a.own.clone()
		a.own.take(views)
	}
	a.own.index(a.dicts.Clients.Len())
}

// length is how many UTC days there are from the first request to the last.
func (a *Analysis) length() int64 {
	if a.first == record.NoTime {
		return 0
	}
	first, _ := slotOf(a.first)
	last, _ := slotOf(a.last)
	return int64(dayOf(last)) - int64(dayOf(first)) + 1
}

// judged are the hosts with most requests, the sites that several of them are
// of, and the ids of these hosts and of the others. What stands for hosts that
// are taken together is not judged.
func (a *Analysis) judged(log extent) (hosts, sites []Host, ids, unjudged []int) {
	name := func(id int) string { return a.dicts.RefererHosts.String(record.ID(id)) }
	all := requestsOf(a.hosts)
	ids, unjudged = tally.Listed(a.plan.judged, all, func(i, j int) int {
		return cmp.Or(cmp.Compare(all[j].Requests, all[i].Requests), cmp.Compare(name(i), name(j)))
	})
	named := ids[:0]
	for _, id := range ids {
		if a.dicts.RefererHosts.Pooled(record.ID(id)) {
			unjudged = append(unjudged, id)
		} else {
			named = append(named, id)
		}
	}
	ids = named
	hosts = make([]Host, len(ids))
	fold.Pieces(len(ids), func() func(from, to int) {
		g := &gatherer{Analysis: a}
		return func(from, to int) {
			for i, id := range ids[from:to] {
				h := &hosts[from+i]
				h.Host, h.Site = name(id), site.Of(name(id))
				h.Class = a.plan.Classes.Of(h.Host)
				g.gather(h, &a.hosts[id], a.evidenceOn(uint32(id)))
				judge(h, log)
			}
		}
	})
	return hosts, a.judgeSites(hosts, ids, log), ids, unjudged
}

// judgeSites judges the sites of which there are several hosts, each as if it
// were one, and has the hosts follow their site. The hosts are those with these
// ids.
func (a *Analysis) judgeSites(hosts []Host, ids []int, log extent) (sites []Host) {
	members := map[string][]int{}
	for i := range hosts {
		members[hosts[i].Site] = append(members[hosts[i].Site], i)
	}
	names := slices.Collect(maps.Keys(members))
	joint := make([]Host, len(names)) // without a site where there is one host
	fold.Pieces(len(names), func() func(from, to int) {
		g := &gatherer{Analysis: a}
		return func(from, to int) {
			for i, name := range names[from:to] {
				s := g.site(hosts, ids, members[name])
				if s.Hosts > 1 {
					s.Site = name
					judge(&s, log)
					joint[from+i] = s
				}
				for _, i := range members[name] {
					hosts[i].Slots, hosts[i].Hosts = s.Slots, s.Hosts
				}
				follow(hosts, members[name], &s)
			}
		}
	})
	return slices.DeleteFunc(joint, func(h Host) bool { return h.Hosts == 0 })
}

// site is the evidence on a site of these members, of the hosts with these ids;
// of one member nothing but counts.
func (g *gatherer) site(hosts []Host, ids, members []int) Host {
	s := Host{Hosts: int64(len(members))}
	var t tracks
	var e evidence
	for n, i := range members {
		s.Slots += min(hosts[i].Embeds, 1)
		if c := hosts[i].Class; c != Unclassified && (s.Class == Unclassified || c < s.Class) {
			s.Class = c // a site with a known host is never to be blocked as a whole
		}
		if len(members) == 1 {
			return s
		}
		t.merge(&g.hosts[ids[i]])
		one := g.evidenceOn(uint32(ids[i]))
		if n == 0 {
			one.visits, one.objects, one.days = slices.Clone(one.visits), slices.Clone(one.objects), slices.Clone(one.days)
			e = one
		} else {
			e.join(one)
		}
	}
	e.settle()
	g.gather(&s, &t, e)
	return s
}

// urgency says which verdicts ask for something to be done.
var urgency = map[Verdict]int{Block: 2, Watch: 1}

// byVerdict puts those first that there is something to do about, and then
// those with most requests.
func byVerdict(g, h Host) int {
	return cmp.Or(cmp.Compare(urgency[h.Verdict], urgency[g.Verdict]), cmp.Compare(h.Counts.Requests, g.Counts.Requests),
		cmp.Compare(h.Counts.Bytes, g.Counts.Bytes), cmp.Compare(g.Host, h.Host), cmp.Compare(g.Site, h.Site))
}

// list fills in the tables of hosts.
func (r *Result) list(hosts []Host, top int) {
	slices.SortFunc(hosts, byVerdict)
	for i := range hosts {
		h := &hosts[i]
		s := r.Verdicts[h.Verdict]
		s.add(h)
		r.Verdicts[h.Verdict] = s
		if h.Estimated {
			r.Estimated++
		}
		if h.Counts.Requests > r.Busiest.Counts.Requests {
			r.Busiest = *h
		}
		if i >= top {
			r.Other.add(h)
			r.Rest++
		}
	}
	r.Hosts = hosts[:min(top, len(hosts))]
}

// listSites fills in the table of sites.
func (r *Result) listSites(sites, hosts []Host, top int) {
	blocked := map[string]bool{}
	for i := range hosts {
		if hosts[i].Verdict == Block && hosts[i].Score >= blockPoints {
			blocked[hosts[i].Site] = true
		}
	}
	for i := range sites {
		if s := &sites[i]; s.Verdict == Block && !blocked[s.Site] {
			r.Scattered++
		}
	}
	slices.SortFunc(sites, byVerdict)
	r.Joint, r.JointRest = sites[:min(top, len(sites))], max(0, len(sites)-top)
}

func (h *Host) add(g *Host) {
	h.Counts, h.Embeds, h.Navigations = h.Counts.Plus(g.Counts), h.Embeds+g.Embeds, h.Navigations+g.Navigations
}

// Reconcile checks that all the counts add up to the requests read, which the
// reader counted on its own. A result that does not must not be shown.
func (r *Result) Reconcile(rowsRead int64) error {
	var errs []error
	check := func(what string, got, want tally.Counts) {
		if got != want {
			errs = append(errs, fmt.Errorf("%s: %d requests and %d bytes, of %d and %d", what, got.Requests, got.Bytes, want.Requests, want.Bytes))
		}
	}
	check("requests", r.Total, tally.Counts{Requests: rowsRead, Bytes: r.Total.Bytes})
	check("referers", r.Own.Plus(r.Foreign).Plus(r.NoHost).Plus(r.NoReferer), r.Counted)
	sum := r.Other
	for i := range r.Hosts {
		sum.add(&r.Hosts[i])
	}
	check("hosts", sum.Counts, r.Foreign)
	check("embeds", tally.Counts{Requests: sum.Embeds, Bytes: r.Evasion.Foreign.Bytes}, r.Evasion.Foreign)
	return errors.Join(errs...)
}
