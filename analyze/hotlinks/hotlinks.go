// Package hotlinks judges the sites that Referers name: who embeds our files
// in pages of their own, and who sends visitors. It collects the evidence for
// each foreign host, and scores it by fixed points.
//
// All counts are exact, and so is all the evidence, as long as a host has at
// most mostPerHost visits and objects; beyond, the evidence is estimated from
// a part that depends on the requests alone (see keepLowest).
package hotlinks

import (
	"bytes"

	"rulecast/analyze/fetch"
	"rulecast/analyze/geo"
	"rulecast/analyze/site"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// Options say whose log it is. The locator must be safe for concurrent use.
type Options struct {
	Own     []string // own sites, as site.Of gives them
	Classes *Classes
	From    geo.From
	Locator geo.Locator
}

// Plan is what is shared by the analyses of all streams.
type Plan struct {
	Options
	own     map[string]bool
	keep    keeping // of visits, and of objects; less in tests, as all that follow
	mostOwn int
	limit   int // of ledgers, at first
	judged  int
}

// NewPlan makes a plan.
func NewPlan(o Options) *Plan {
	p := &Plan{Options: o, own: map[string]bool{}, keep: keeping{mostPerHost, leastPerHost, mostEntries}, mostOwn: mostOwn, limit: leastLimit, judged: MostJudged}
	for _, s := range o.Own {
		p.own[s] = true
	}
	return p
}

// Columns are those that the batches must have.
func (p *Plan) Columns() record.Columns {
	return traffic.Columns() | record.ColumnSet(record.Host, record.Path, record.UserAgent, record.ContentType)
}

// origin is what a Referer amounts to.
type origin uint8

const (
	fromNobody  origin = iota // absent or empty
	fromNoHost                // an app, an extension, what is no URL
	fromOwn                   // the own sites, or the site that was asked
	fromForeign               // any other host
	numOrigins
)

// sums count requests, and those that embed.
type sums struct {
	all, embeds tally.Counts
	browsers    int64 // embeds with the User-Agent of a browser
}

// add counts a request.
func (s *sums) add(q *request) {
	s.all.Add(q.bytes)
	if q.kind == Embed {
		s.embeds.Add(q.bytes)
		if q.browser {
			s.browsers++
		}
	}
}

func (s sums) plus(t sums) sums {
	return sums{s.all.Plus(t.all), s.embeds.Plus(t.embeds), s.browsers + t.browsers}
}

func (s sums) minus(t sums) sums {
	return sums{s.all.Minus(t.all), s.embeds.Minus(t.embeds), s.browsers - t.browsers}
}

// tracks are the counts of one foreign host.
type tracks struct {
	sums
	navigations int64
	agents      int64 // requests with the User-Agent of a browser
	first, last int64 // if timed
	timed       bool
	day         int32 // the latest added to the days
}

// refererInfo is what is known of an id of the dictionary of Referer hosts.
type refererInfo struct {
	origin origin
	same   bool      // whether it is of the site of the host last compared with
	with   record.ID // that host; Absent, which has no site, before
}

// recent are the own views of one of the people at a client's address in one
// half hour, not yet in the ledger.
type recent struct {
	agent      uint32 // as of a visit
	slot       int32
	first, end uint32 // end: µs after the last one; 0: there is none
}

// clientInfo is what is known of an id of the dictionary of clients. It is read
// for nearly each request, in no order.
type clientInfo struct {
	hash   uint32 // of the address
	recent recent
}

// agentInfo is what is known of an id of the dictionary of User-Agents.
type agentInfo struct {
	hash    uint32
	browser bool
}

// Analysis collects the evidence in the requests of one stream.
type Analysis struct {
	plan    *Plan
	total   tally.Counts // all requests, whatever their status
	origins [numOrigins]sums
	nobody  []sums // by input: those of fromNobody
	agents  int64  // requests with a User-Agent
	first   int64  // of counted requests; record.NoTime before the first
	last    int64

	referers []refererInfo // by referer id
	hosts    []tracks      // by referer id
	served   []int64       // requests, by host id
	sites    []string      // by host id
	content  []Kind        // by content type id
	agentsOf []agentInfo   // by user agent id
	clients  []clientInfo  // by client id

	visits      ledger[visit]
	objects     ledger[object]
	lateVisits  [lately]visit  // not yet in the ledgers
	lateObjects [lately]object // those without requests are none
	days        ledger[day]
	own         *ownViews
	keepVisits  keeping
	keepObjects keeping

	follower *traffic.Follower
	dicts    *record.Dicts
	kinds    []Kind // of the rows of the last batch
	fetched  int64  // keeps fetch from being left out; means nothing
}

// New starts the analysis of one stream.
func (p *Plan) New() *Analysis {
	a := &Analysis{
		plan: p, keepVisits: p.keep, keepObjects: p.keep, first: record.NoTime, last: record.NoTime,
		follower: traffic.NewFollower(geo.NewResolver(p.From, p.Locator), nil), dicts: record.NewDicts(),
	}
	a.visits = ledger[visit]{limit: p.limit, key: keyOfVisit, compare: compareVisits, join: joinVisits, bound: keepLowest(&a.keepVisits, func(v *visit) uint32 { return v.host })}
	a.objects = ledger[object]{limit: p.limit, key: keyOfObject, compare: compareObjects, join: joinObjects, bound: keepLowest(&a.keepObjects, func(o *object) uint32 { return o.host })}
	a.days = ledger[day]{limit: p.limit, key: keyOfDay, compare: compareDays, join: joinDays}
	a.own = newOwnViews(p.mostOwn, func(client uint32) uint32 { return a.clients[client].hash })
	a.own.limit = p.limit
	return a
}

// follow catches up with what the dictionaries have gained.
func (a *Analysis) follow(d *record.Dicts) {
	a.dicts = d
	for id := len(a.referers); id < d.RefererHosts.Len(); id++ {
		a.referers = append(a.referers, refererInfo{origin: a.originOf(record.ID(id))})
	}
	a.hosts = tally.Grown(a.hosts, d.RefererHosts.Len())
	for id := len(a.sites); id < d.Hosts.Len(); id++ {
		a.sites = append(a.sites, siteOf(d.Hosts.String(record.ID(id))))
	}
	a.served = tally.Grown(a.served, d.Hosts.Len())
	known := len(a.clients)
	a.clients = tally.Grown(a.clients, d.Clients.Len())
	for id := known; id < len(a.clients); id++ {
		ip := d.Clients.Addr(record.ID(id)).As16()
		a.clients[id].hash = uint32(fetch.Hash(ip[:]) >> 32)
	}
	for id := len(a.content); id < d.ContentTypes.Len(); id++ {
		a.content = append(a.content, embedding(fetch.OfContentType(d.ContentTypes.Bytes(record.ID(id)))))
	}
	for id := len(a.agentsOf); id < d.UserAgents.Len(); id++ {
		text := d.UserAgents.Bytes(record.ID(id))
		info := agentInfo{browser: fetch.IsBrowser(text)}
		if record.ID(id) != record.Absent {
			info.hash = uint32(fetch.Hash(text) >> 32)
		}
		a.agentsOf = append(a.agentsOf, info)
	}
}

// siteOf is the site of a host as a log has it, "" of none.
func siteOf(host string) string {
	canonical, ok := referer.CanonicalHost(host)
	if !ok {
		return ""
	}
	return site.Of(canonical)
}

func (a *Analysis) originOf(id record.ID) origin {
	switch a.dicts.RefererHosts.Class(id).State() {
	case referer.Missing:
		return fromNobody
	case referer.None:
		return fromNoHost
	}
	if a.plan.own[site.Of(a.dicts.RefererHosts.String(id))] {
		return fromOwn
	}
	return fromForeign
}

// origin is where a request with this Referer for this host came from: what
// comes from the site that is asked is its own, whoever's it is.
func (a *Analysis) origin(ref, host record.ID) origin {
	info := &a.referers[ref]
	if info.origin != fromForeign || host == record.Absent {
		return info.origin
	}
	if info.with != host {
		if asked := a.sites[host]; asked != a.sites[info.with] {
			name := a.dicts.RefererHosts.Bytes(ref)
			info.same = bytes.HasSuffix(name, []byte(asked)) && site.Of(string(name)) == asked
		}
		info.with = host
	}
	if info.same {
		return fromOwn
	}
	return fromForeign
}

// request is a row of a batch.
type request struct {
	input             int
	client, ref, host record.ID
	agent             uint32 // as of a visit
	time, bytes       int64
	kind              Kind
	country           geo.Country
	browser           bool
	path              []byte
}

// Add collects the evidence in a batch.
func (a *Analysis) Add(b *record.Batch) error {
	a.AddPlaced(b, a.follower.Follow(b), nil)
	return nil
}

// AddPlaced is Add for a caller who has placed the clients, and who may say
// which requests were answered with an error only because a ruleset is in
// force: these count as if they had been answered. The slices are as long as
// the batch and are not kept; blocked may be nil.
func (a *Analysis) AddPlaced(b *record.Batch, places []geo.Country, blocked []bool) {
	a.follow(b.Dicts)
	a.kinds = tally.Grown(a.kinds, b.Rows)
	clients, refs, hosts := b.IDs(record.Client), b.IDs(record.RefererHost), b.IDs(record.Host)
	agents, contents := b.IDs(record.UserAgent), b.IDs(record.ContentType)
	a.nobody = tally.Grown(a.nobody, b.Input+1)
	times, sizes, statuses, paths := b.Ints(record.Time), b.Ints(record.Bytes), b.Statuses(), b.Text(record.Path)
	q := request{input: b.Input}
	for i := range b.Rows {
		if i%ahead == 0 {
			a.fetch(clients[i:min(i+ahead, b.Rows)], refs[i:min(i+ahead, b.Rows)])
		}
		a.total.Add(sizes[i])
		// One by one: a literal would be made elsewhere and then be copied, which
		// waits until the last of it is written.
		q.client, q.ref, q.host, q.agent, q.browser = clients[i], refs[i], hosts[i], 0, false
		q.time, q.bytes, q.country, q.path = times[i], sizes[i], places[i], paths.At(i)
		if q.kind = a.content[contents[i]]; q.kind == Unclear {
			q.kind = embedding(fetch.OfPath(q.path))
		}
		a.kinds[i] = q.kind
		if !counted(statuses[i]) && (blocked == nil || !blocked[i]) {
			continue
		}
		if agents[i] != record.Absent {
			a.agents++
			q.agent, q.browser = a.agentsOf[agents[i]].hash, a.agentsOf[agents[i]].browser
		}
		a.count(&q)
	}
}

// ahead is how many requests are looked at before they are counted.
const ahead = 128

// fetch has the processor fetch what is known of many clients and hosts at
// once, which otherwise it would do one after the other.
func (a *Analysis) fetch(clients, refs []record.ID) {
	var n int64
	for k, c := range clients {
		n |= int64(a.clients[c].recent.slot) | a.hosts[refs[k]].all.Requests
	}
	a.fetched = n
}

// Kinds says what the rows of the last batch fetch; valid until the next one.
func (a *Analysis) Kinds() []Kind { return a.kinds }

// counted reports whether a status says that the client got the file, or has
// it already. 0 is a log that does not say.
func counted(status uint16) bool {
	return status == 200 || status == 206 || status == 304 || status == 0
}

func (a *Analysis) count(q *request) {
	a.served[q.host]++
	if q.time != record.NoTime {
		if a.first == record.NoTime || q.time < a.first {
			a.first = q.time
		}
		a.last = max(a.last, q.time)
	}
	from := a.origin(q.ref, q.host)
	a.origins[from].add(q)
	if from == fromNobody {
		a.nobody[q.input].add(q)
	}
	switch {
	case from == fromForeign:
		a.track(q)
	case from == fromOwn, q.kind == Document:
		a.view(q)
	}
}

// track files a request that a foreign host led to.
func (a *Analysis) track(q *request) {
	h := &a.hosts[q.ref]
	h.sums.add(q)
	var v visit // filled in one by one, as above
	v.host, v.hash, v.client, v.agent = q.ref, a.clients[q.client].hash, q.client, q.agent
	v.slot, v.country, v.requests = noSlot, uint16(q.country), 1
	switch q.kind {
	case Document:
		h.navigations++
		v.documents = 1
	case Embed:
		v.embeds = 1
	}
	if q.browser {
		h.agents++
	}
	if q.ref == record.ID(referer.ClassPooled) {
		return // which is no host that could be judged
	}
	if q.time != record.NoTime {
		slot, offset := slotOf(q.time)
		v.slot, v.at.first, v.at.last = slot, offset, offset
		d := dayOf(slot)
		if !h.timed || h.day != d {
			a.days.add(&day{q.ref, d})
		}
		if !h.timed {
			h.first, h.last, h.timed = q.time, q.time, true
		}
		h.first, h.last, h.day = min(h.first, q.time), max(h.last, q.time), d
	}
	a.visit(&v)
	if len(q.path) > 0 {
		a.object(&object{host: q.ref, hash: fetch.Hash(q.path), requests: 1})
	}
}

// lately is how many visits and objects wait for more of the same: a page asks
// for what it embeds all at once.
const lately = 1 << 10

// visit files a visit once another one takes its place.
func (a *Analysis) visit(v *visit) {
	late := &a.lateVisits[(v.hash^v.host*0x9e3779b1)%lately]
	if late.requests > 0 {
		if compareVisits(late, v) == 0 {
			joinVisits(late, v)
			return
		}
		a.visits.add(late)
	}
	*late = *v
}

// object does the same.
func (a *Analysis) object(o *object) {
	late := &a.lateObjects[(uint32(o.hash)^o.host*0x9e3779b1)%lately]
	if late.requests > 0 {
		if compareObjects(late, o) == 0 {
			joinObjects(late, o)
			return
		}
		a.objects.add(late)
	}
	*late = *o
}

// view files an own view: something that an own page has, or a page to which
// no foreign host led.
func (a *Analysis) view(q *request) {
	slot, offset := int32(noSlot), uint32(0)
	if q.time != record.NoTime {
		slot, offset = slotOf(q.time)
	}
	r := &a.clients[q.client].recent
	if r.end > 0 && r.slot == slot && r.agent == q.agent {
		r.first, r.end = min(r.first, offset), max(r.end, offset+1)
		return
	}
	a.flush(q.client)
	*r = recent{q.agent, slot, offset, offset + 1}
}

// flush files the recent views of a client.
func (a *Analysis) flush(client record.ID) {
	if r := &a.clients[client].recent; r.end > 0 {
		a.own.add(&own{client, r.agent, r.slot, span{r.first, r.end - 1}})
	}
}
