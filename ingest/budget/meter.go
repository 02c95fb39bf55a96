package budget

import (
	"sync"
	"sync/atomic"

	"rulecast/ingest/record"
)

// Meter ends a reading whose values take more than a limit. It does so if, and
// only if, the estimate for all values in the end is above it. Values are not
// hashed before the entries of all streams, of which several may have the same
// value, take half of the limit: that is never for ordinary logs.
type Meter struct {
	limit int64 // bytes
	costs Costs
	taken atomic.Int64 // bytes, of the entries of all streams: at most

	mu       sync.Mutex
	weighing bool
	distinct [NumKinds]*distinct
	ended    []*Gauge // streams that ended before weighing
}

// NewMeter makes a meter with a limit in bytes.
func NewMeter(limit int64, costs Costs) *Meter { return &Meter{limit: limit, costs: costs} }

// Gauge is the part of a meter for one stream.
type Gauge struct {
	meter  *Meter
	listed values // in taken
	hashed values // in distinct
	dicts  *record.Dicts
}

// Gauge makes the part for a stream. A nil meter has nil parts, which measure
// nothing.
func (m *Meter) Gauge() *Gauge {
	if m == nil {
		return nil
	}
	return &Gauge{meter: m}
}

// Read looks at what the dictionaries of the stream have gained. Its error is an
// ExceededError.
func (g *Gauge) Read(d *record.Dicts) error {
	if g == nil {
		return nil
	}
	g.dicts = d
	m := g.meter
	if m.taken.Add(g.listed.gained(d, &m.costs)) <= m.limit/2 {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.weigh(g)
}

// End is Read for the last time.
func (g *Gauge) End() error {
	if g == nil || g.dicts == nil {
		return nil
	}
	if err := g.Read(g.dicts); err != nil {
		return err
	}
	m := g.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.weighing {
		return m.weigh(g)
	}
	m.ended = append(m.ended, g)
	return nil
}

// Values is about how many there were, once all streams have ended.
func (m *Meter) Values() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.weigh(nil) // which is below the limit, or it would have been above at the end of some stream
	return estimates(&m.distinct)
}

// weigh takes in the values of a stream, or nil, and of those that have ended
// before. It is called with mu held.
func (m *Meter) weigh(g *Gauge) error {
	if !m.weighing {
		m.weighing = true
		for k := range m.distinct {
			m.distinct[k] = newDistinct()
		}
	}
	if g != nil {
		m.ended = append(m.ended, g)
	}
	for _, g := range m.ended {
		g.hashed.each(g.dicts, func(v value) {
			addUnits(v, func(d *digest) { m.distinct[v.kind].add(d.word(0)) })
		})
	}
	m.ended = nil
	e := &ExceededError{Limit: m.limit}
	e.Values = estimates(&m.distinct)
	if e.Taken = m.costs.of(&e.Values); e.Taken <= m.limit {
		return nil
	}
	return e
}

// addUnits hands over the digests of all units of a value.
func addUnits(v value, add func(*digest)) {
	first := digestOf(v.column, v.bytes)
	add(&first)
	for n := 1; n < units(v.bytes); n++ {
		d := first.unit(n)
		add(&d)
	}
}
