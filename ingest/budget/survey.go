package budget

import (
	"net/netip"
	"slices"
	"sync"

	"rulecast/ingest/record"
)

// levels are the lengths of the networks that IPv6 clients may be taken for: a
// network of one customer, what providers hand out to customers, and what
// registries hand out to providers.
var levels = [...]int{64, 56, 48, 40, 32}

// Survey counts how often each value comes, in sketches. Its streams have to
// renew their dictionaries (see ingest.Options), which else grow as ever.
type Survey struct {
	limit int64
	costs Costs
	width int // of sketches

	mu        sync.Mutex
	distinct  [NumKinds]*distinct
	frequency [NumKinds]*frequency // nil until there is a value that can be pooled
	networks  [len(levels)]*distinct
}

// The size of sketches: all of them together are at most a part of the limit.
const (
	sketchPart  = 4 // of the limit, one part
	leastWidth  = 1 << 8
	mostWidth   = 1 << 22
	counterSize = 4 // bytes
)

// NewSurvey makes a survey of values that have to fit into a limit in bytes.
func NewSurvey(limit int64, costs Costs) *Survey {
	s := &Survey{limit: limit, costs: costs, width: leastWidth}
	for s.width < mostWidth && int64(2*s.width)*sketchRows*counterSize*int64(NumKinds-1) <= limit/sketchPart {
		s.width *= 2
	}
	for k := range s.distinct {
		s.distinct[k] = newDistinct()
	}
	for i := range s.networks {
		s.networks[i] = newDistinct()
	}
	return s
}

// Surveyor is the analysis of one stream in a survey. What it keeps itself is
// about the dictionaries at hand.
type Surveyor struct {
	survey   *Survey
	dicts    *record.Dicts
	requests [record.NumColumns][]uint64 // by id
}

// New starts the survey of one stream.
func (s *Survey) New() *Surveyor { return &Surveyor{survey: s} }

// Add counts the values of a batch.
func (s *Surveyor) Add(b *record.Batch) error {
	if s.dicts != b.Dicts {
		s.Settle()
		s.dicts = b.Dicts
	}
	s.count(b, record.Client, b.Dicts.Clients.Len())
	s.count(b, record.RefererHost, b.Dicts.RefererHosts.Len())
	for _, c := range counted {
		s.count(b, c, b.Dicts.Strings(c).Len())
	}
	return nil
}

func (s *Surveyor) count(b *record.Batch, c record.Column, size int) {
	n := s.requests[c]
	if more := size - len(n); more > 0 {
		n = append(n, make([]uint64, more)...)
		s.requests[c] = n
	}
	for _, id := range b.IDs(c) {
		n[id]++
	}
}

// Merge does nothing: what streams have settled is in the survey.
func (s *Surveyor) Merge(*Surveyor) {}

// Settle files what was counted, when the stream has ended or has new
// dictionaries.
func (s *Surveyor) Settle() {
	if s.dicts == nil {
		return
	}
	type counted struct {
		kind     Kind
		requests uint64
		digest   digest
		ip       [16]byte // of an IPv6 client
	}
	var all []counted
	new(values).each(s.dicts, func(v value) {
		n := s.requests[v.column][v.id]
		if n == 0 {
			return
		}
		addUnits(v, func(d *digest) {
			one := counted{kind: v.kind, requests: n, digest: *d}
			if v.kind == IPv6 {
				one.ip = [16]byte(v.bytes)
			}
			all = append(all, one)
		})
	})
	s.survey.mu.Lock()
	for i := range all {
		s.survey.add(all[i].kind, &all[i].digest, all[i].requests)
		if all[i].kind == IPv6 {
			s.survey.addNetworks(all[i].ip)
		}
	}
	s.survey.mu.Unlock()
	s.dicts, s.requests = nil, [record.NumColumns][]uint64{}
}

// add takes in requests of a value. It is called with mu held, as addNetworks.
func (s *Survey) add(k Kind, d *digest, requests uint64) {
	s.distinct[k].add(d.word(0))
	if k == IPv4 {
		return
	}
	if s.frequency[k] == nil {
		s.frequency[k] = newFrequency(s.width)
	}
	s.frequency[k].add(d, requests)
}

func (s *Survey) addNetworks(ip [16]byte) {
	for i, bits := range levels {
		first := record.FirstOf(ip, bits)
		d := digestOf(record.Client, first[:])
		s.networks[i].add(d.word(0))
	}
}

// Values is about how many there are.
func (s *Survey) Values() Counts {
	return estimates(&s.distinct)
}

// Takes is how many bytes all values would take.
func (s *Survey) Takes() int64 {
	n := s.Values()
	return s.costs.of(&n)
}

// Spared says what of a log has to stay as it is. Its functions may be called by
// several streams at the same time.
type Spared struct {
	Hosts    map[string]bool // Referer hosts that stay themselves
	Suffixes map[string]bool // domains: hosts below one are taken together apart from others
	// Split reports whether it makes a difference if an address is taken for
	// another one, the first of its network; nil: never.
	Split func(addr, first netip.Addr) bool
	// Agent says what stands for a User-Agent, for what stands for another
	// itself; nil: record.PooledText.
	Agent func(agent []byte) string
	// Served are values of Host that stay themselves.
	Served map[string]bool
}

// share is what the values of each kind may take.
//
// Half of what is left beside those that cannot be pooled and the sketches is for
// the values that stay: what comes often comes in several streams. Kinds
// that take less than an equal share of it stay whole, and the others have equal
// shares of the rest. The last result is false if there is too little.
func (s *Survey) share() (pooled []Kind, each int64, ok bool) {
	n := s.Values()
	room := s.limit
	var kinds []Kind
	for k := range NumKinds {
		switch {
		case n[k] == 0:
		case k == IPv4:
			room -= n[k] * s.costs[k]
		default:
			kinds = append(kinds, k)
			room -= int64(s.width) * sketchRows * counterSize
		}
	}
	if room /= 2; room < s.limit/leastRoom {
		return nil, 0, false
	}
	slices.SortStableFunc(kinds, func(a, b Kind) int { return int(min(max(n[a]*s.costs[a]-n[b]*s.costs[b], -1), 1)) })
	for len(kinds) > 0 && n[kinds[0]]*s.costs[kinds[0]] <= room/int64(len(kinds)) {
		room -= n[kinds[0]] * s.costs[kinds[0]]
		kinds = kinds[1:]
	}
	return kinds, room / int64(max(len(kinds), 1)), true
}

// leastRoom is the part of the limit that has to be there for values that can be
// pooled.
const leastRoom = 16
