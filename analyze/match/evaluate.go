package match

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"reflect"
	"slices"

	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/ingest/referer"
)

// Allowed is the Decided of an outcome that no rule denies.
const Allowed = -1

// Outcome is what a ruleset says of the requests of one cell.
type Outcome struct {
	Decided      int                      // the first rule that denies, or Allowed
	DecidedEntry int                      // its first entry met, or Allowed
	Action       policy.Action            // of the deciding rule
	Deny         []int                    // all rules that deny, in the order tried
	DenyEntries  []int                    // the entries by which they deny, rule by rule
	AllowEntries []int                    // the entries of allow lists that the request is on
	Controls     [policy.NumControls]bool // those of which some rule denies
	// Inert: an IP rule would have denied, but was not consulted because of the
	// client's country (policy.Ruleset.ListedCountrySkipsIP).
	Inert bool
}

// Row is one request in terms of the ids of its stream.
type Row struct {
	Client  uint32
	Referer uint32
	Country geo.Country
	// What gates look at; only what Matcher.Needs names has to be set.
	Time        int64  // µs since the Unix epoch
	Host        []byte // canonical
	Path, Query []byte
}

// Evaluator applies a Matcher to the requests of one stream, whose dictionary
// ids it follows. It is not safe for concurrent use.
type Evaluator struct {
	m         *Matcher
	beside    []*Matcher
	met       [][]hit // scratch: what a value meets in beside
	clients   facts
	referers  facts
	countries facts // ids are country numbers

	cells    map[cellKey]uint32
	keys     []cellKey               // by cell
	outcomes []Outcome               // by cell
	recent   [recentCells]recentCell // by hash of the key: most requests are in few cells
	grid     grid

	facts, meeting []uint32 // scratch: see clientFacts

	open     []uint64 // scratch: gates that are open for the row
	wide     map[string]uint64
	wideKey  []byte
	scratch  []byte
	partOf   int
	partDone bool
}

// cellKey is what the verdict depends on. Fact 0 of each kind is "meets
// nothing", and so cell 0 is the zero key.
type cellKey struct {
	client, referer, country uint32
	gates                    uint64
}

// recentCells is a power of two.
const recentCells = 1 << 8

type recentCell struct {
	key  cellKey
	cell uint32
}

// slot is where a key stands among the recent cells. The factors are odd, and
// without any meaning.
func (k *cellKey) slot() uint64 {
	h := (uint64(k.client)<<32 | uint64(k.referer)) * 0x9e3779b97f4a7c15
	h ^= (uint64(k.country) ^ k.gates) * 0xc2b2ae3d27d4eb4f
	return h >> 32 % recentCells
}

// facts are the distinct sets of entries that values of one kind meet.
type facts struct {
	of    []uint32 // by id of the value
	some  []uint64 // the same in one bit of each value: whether it meets any entry
	list  []fact
	index map[string]uint32
}

type fact struct {
	hits   []hit
	beside [][]hit  // by matcher beside
	gates  []uint64 // the gates that the rules of the hits stand behind
}

// NewEvaluator makes an evaluator that has seen no value yet. Each matcher
// beside m differs from it in Referers only: cells are then so fine that these,
// too, say the same of all requests of a cell.
func (m *Matcher) NewEvaluator(beside ...*Matcher) *Evaluator {
	e := &Evaluator{m: m, beside: beside, cells: map[cellKey]uint32{{}: 0}, keys: make([]cellKey, 1)}
	words := (len(m.gates) + 63) / 64
	e.open = make([]uint64, words)
	for _, f := range []*facts{&e.clients, &e.referers, &e.countries} {
		f.index = map[string]uint32{}
		f.list = []fact{{beside: make([][]hit, len(beside)), gates: make([]uint64, words)}}
	}
	for c := range geo.Country(geo.NumCountries) {
		hits := m.countryHits(c)
		e.countries.add(m, hits, e.metBeside(hits, func(m *Matcher) []hit { return m.countryHits(c) }))
	}
	e.outcomes = []Outcome{e.outcome(cellKey{})}
	return e
}

// DiffersInReferersOnly reports whether the two rulesets have the same rules for
// addresses and countries, and all that either looks at beside these is the
// Referer's host.
func (m *Matcher) DiffersInReferersOnly(n *Matcher) bool {
	others := func(m *Matcher) (rules []policy.Rule) {
		for _, r := range m.Ruleset.Rules {
			if r.Control != policy.Referer {
				rules = append(rules, r)
			}
		}
		return rules
	}
	return len(m.gates) == 0 && len(n.gates) == 0 && reflect.DeepEqual(others(m), others(n))
}

// meets reports whether the value meets any entry.
func (f *facts) meets(id uint32) bool { return f.some[id/64]>>(id%64)&1 != 0 }

// add notes what the value with the next id meets in the matcher and in those
// beside it, which is copied.
func (f *facts) add(m *Matcher, hits []hit, beside [][]hit) {
	id := len(f.of)
	f.of = tally.Grown(f.of, id+1)
	if id%64 == 0 {
		f.some = append(f.some, 0)
	}
	if len(hits) > 0 {
		f.some[id/64] |= 1 << (id % 64)
	}
	if len(hits) > 0 || slices.ContainsFunc(beside, func(hits []hit) bool { return len(hits) > 0 }) {
		f.of[id] = f.number(m, hits, beside)
	}
}

// number is the number of the fact that these hits are.
func (f *facts) number(m *Matcher, hits []hit, beside [][]hit) uint32 {
	key := appendHits(nil, hits)
	for _, hits := range beside {
		key = appendHits(append(key, 0xff, 0xff, 0xff, 0xff), hits) // which is no entry
	}
	n, ok := f.index[string(key)]
	if !ok {
		n = uint32(len(f.list))
		f.index[string(key)] = n
		gates := make([]uint64, (len(m.gates)+63)/64)
		for _, h := range hits {
			if g := m.gateOf[m.Entries[h.entry].Rule]; g >= 0 {
				gates[g/64] |= 1 << (g % 64)
			}
		}
		f.list = append(f.list, fact{hits: hits, beside: slices.Clone(beside), gates: gates})
	}
	return n
}

func appendHits(key []byte, hits []hit) []byte {
	for _, h := range hits {
		key = binary.LittleEndian.AppendUint32(key, uint32(h.entry))
	}
	return key
}

// metBeside is what an address or a country meets in each matcher beside, valid
// until the next call. These have the same rules for it: if hits, which are the
// matcher's own, are none, theirs are none.
func (e *Evaluator) metBeside(hits []hit, in func(*Matcher) []hit) [][]hit {
	e.met = e.met[:0]
	for _, m := range e.beside {
		var met []hit
		if len(hits) > 0 {
			met = in(m)
		}
		e.met = append(e.met, met)
	}
	return e.met
}

// Clients is the number of clients added.
func (e *Evaluator) Clients() int { return len(e.clients.of) }

// AddClient works out what the client with the next id meets. The address is
// unmapped and without zone.
func (e *Evaluator) AddClient(a netip.Addr) {
	hits := e.m.addressHits(a)
	e.clients.add(e.m, hits, e.metBeside(hits, func(m *Matcher) []hit { return m.addressHits(a) }))
}

// Referers is the number of Referers added.
func (e *Evaluator) Referers() int { return len(e.referers.of) }

// AddReferer works out what the Referer host with the next id meets. The host
// is canonical, and looked at only if the class is ClassHost.
func (e *Evaluator) AddReferer(class referer.Class, host []byte) {
	name := string(host)
	e.met = e.met[:0]
	for _, m := range e.beside {
		e.met = append(e.met, m.refererHits(class, name))
	}
	e.referers.add(e.m, e.m.refererHits(class, name), e.met)
}

// Matcher is what the evaluator applies.
func (e *Evaluator) Matcher() *Matcher { return e.m }

// Touches reports whether any entry is met by a request of this client, this
// Referer and this country. If not, it is in cell 0: allowed.
func (e *Evaluator) Touches(client, referer uint32, country geo.Country) bool {
	return e.clients.meets(client) || e.referers.meets(referer) || e.countries.meets(uint32(country))
}

// AsksForCountries reports whether a country meets any entry. If not, no country
// makes a difference.
func (e *Evaluator) AsksForCountries() bool { return len(e.countries.list) > 1 }

// Cell is the number of the cell that a request belongs to. Cells are dense
// from 0. Client and Referer must have been added.
func (e *Evaluator) Cell(row *Row) uint32 {
	key := cellKey{referer: e.referers.of[row.Referer], country: e.countries.of[row.Country]}
	if e.clients.meets(row.Client) {
		key.client = e.clients.of[row.Client] // in a table that is larger than the caches
	}
	if len(e.m.gates) > 0 {
		key.gates = e.openGates(key, row)
	}
	return e.cell(key)
}

// Beside reports whether matcher k of those beside denies the requests of a
// cell, and whether it would if their clients and countries met nothing.
func (e *Evaluator) Beside(k int, cell uint32) (denies, alone bool) {
	key := e.keys[cell]
	return e.besideDenies(k, key), e.besideDenies(k, cellKey{referer: key.referer})
}

// BesideByReferer reports whether matcher k of those beside denies requests with
// this Referer whose clients and countries meet nothing.
func (e *Evaluator) BesideByReferer(k int, id uint32) bool {
	return e.besideDenies(k, cellKey{referer: e.referers.of[id]})
}

// besideDenies needs less than an Outcome: whether any hit denies.
func (e *Evaluator) besideDenies(k int, key cellKey) bool {
	m := e.beside[k]
	countries := e.countries.list[key.country].beside[k]
	skipIP := m.Ruleset.ListedCountrySkipsIP && e.anyListed(m, countries)
	for _, hits := range [][]hit{e.clients.list[key.client].beside[k], countries, e.referers.list[key.referer].beside[k]} {
		for _, h := range hits {
			if h.denies && !(skipIP && m.Ruleset.Rules[m.Entries[h.entry].Rule].Control == policy.IP) {
				return true
			}
		}
	}
	return false
}

func (e *Evaluator) cell(key cellKey) uint32 {
	recent := &e.recent[key.slot()]
	if key == recent.key {
		return recent.cell // the zero key is that of cell 0
	}
	cell, ok := e.cells[key]
	if !ok {
		cell = uint32(len(e.outcomes))
		e.outcomes, e.keys = append(e.outcomes, e.outcome(key)), append(e.keys, key)
		e.cells[key] = cell
	}
	*recent = recentCell{key, cell}
	return cell
}

// Cells is the number of cells so far.
func (e *Evaluator) Cells() int { return len(e.outcomes) }

// MaxCells is the number of cells that callers should let an evaluator gather
// before they settle their counts and call Forget. Requests of a real log make
// some hundreds; one that is written to open gates in every combination makes
// a new one with each request.
const MaxCells = 1 << 14

// Forget drops all cells but cell 0, whose number stays. The facts about
// clients and Referers stay.
func (e *Evaluator) Forget() {
	clear(e.cells)
	e.cells[cellKey{}] = 0
	clear(e.outcomes[1:])
	e.outcomes, e.keys = e.outcomes[:1], e.keys[:1]
	clear(e.recent[:])
	clear(e.grid.cells)
	e.wide = nil
}

// Outcome is the outcome of a cell. It is not to be changed.
func (e *Evaluator) Outcome(cell uint32) *Outcome { return &e.outcomes[cell] }

// openGates works out which of the gates that matter to the facts are open,
// leaves them in e.open, and names the set by a number.
func (e *Evaluator) openGates(key cellKey, row *Row) uint64 {
	e.partDone = false
	client, ref, country := e.clients.list[key.client].gates, e.referers.list[key.referer].gates, e.countries.list[key.country].gates
	for w := range e.open {
		open := uint64(0)
		for ask := client[w] | ref[w] | country[w]; ask != 0; ask &= ask - 1 {
			bit := bits.TrailingZeros64(ask)
			if e.isOpen(&e.m.gates[w*64+bit], row) {
				open |= 1 << bit
			}
		}
		e.open[w] = open
	}
	if len(e.open) == 1 {
		return e.open[0]
	}
	return e.wideSet()
}

// wideSet numbers sets of more than 64 gates in the order they are first seen.
func (e *Evaluator) wideSet() uint64 {
	e.wideKey = e.wideKey[:0]
	for _, w := range e.open {
		e.wideKey = binary.LittleEndian.AppendUint64(e.wideKey, w)
	}
	n, ok := e.wide[string(e.wideKey)]
	if !ok {
		if e.wide == nil {
			e.wide = map[string]uint64{string(make([]byte, len(e.wideKey))): 0}
			return e.wideSet()
		}
		n = uint64(len(e.wide))
		e.wide[string(e.wideKey)] = n
	}
	return n
}

func (e *Evaluator) isOpen(g *gate, row *Row) bool {
	if !g.anyPart && g.part != e.part(row) {
		return false
	}
	if row.Time < g.from || row.Time >= g.until {
		return false
	}
	return g.scope.contains(row.Path, row.Query, &e.scratch)
}

func (e *Evaluator) part(row *Row) int {
	if !e.partDone {
		e.partOf, e.partDone = e.m.Ruleset.PartOf(string(row.Host), string(row.Path)), true
	}
	return e.partOf
}

// outcome works out the verdict of a cell. Its gates are those in e.open.
func (e *Evaluator) outcome(key cellKey) Outcome {
	m := e.m
	skipIP := m.Ruleset.ListedCountrySkipsIP && e.anyListed(m, e.countries.list[key.country].hits)
	out := Outcome{Decided: Allowed, DecidedEntry: Allowed}
	var hits []hit
	for _, f := range []fact{e.clients.list[key.client], e.countries.list[key.country], e.referers.list[key.referer]} {
		for _, h := range f.hits {
			rule := m.Entries[h.entry].Rule
			switch {
			case !e.ruleOpen(m, rule):
			case skipIP && m.Ruleset.Rules[rule].Control == policy.IP:
				out.Inert = out.Inert || h.denies
			default:
				hits = append(hits, h)
			}
		}
	}
	for rule := range m.Ruleset.Rules {
		for _, h := range hits {
			if m.Entries[h.entry].Rule == rule {
				out.add(m, rule, h)
			}
		}
	}
	return out
}

func (o *Outcome) add(m *Matcher, rule int, h hit) {
	if !h.denies {
		o.AllowEntries = append(o.AllowEntries, int(h.entry))
		return
	}
	if o.Decided == Allowed {
		o.Decided, o.DecidedEntry = rule, int(h.entry)
		o.Action = m.Ruleset.Rules[rule].Action
	}
	if n := len(o.Deny); n == 0 || o.Deny[n-1] != rule {
		o.Deny = append(o.Deny, rule)
	}
	o.DenyEntries = append(o.DenyEntries, int(h.entry))
	o.Controls[m.Ruleset.Rules[rule].Control] = true
}

// anyListed reports whether an open country rule of a matcher has the country
// with these hits on its list. (Open rules are of the request's own part.)
func (e *Evaluator) anyListed(m *Matcher, hits []hit) bool {
	for _, h := range hits {
		if entry := m.Entries[h.entry]; !entry.Implied && e.ruleOpen(m, entry.Rule) {
			return true
		}
	}
	return false
}

func (e *Evaluator) ruleOpen(m *Matcher, rule int) bool {
	g := m.gateOf[rule]
	return g < 0 || e.open[g/64]>>(g%64)&1 != 0
}
