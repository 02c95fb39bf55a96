package budget

import (
	"bytes"
	"net/netip"

	"rulecast/ingest/record"
)

// Pooled says what of a kind is taken together.
type Pooled struct {
	Kind Kind
	// Below: each has fewer requests than this, by which alone it was chosen.
	Below int64
	Bits  int // of the networks that IPv6 clients are taken for

	all int64 // values before, and the networks that take the place of some
}

// Values is about how many values are taken together if afterwards there are so
// many.
func (p *Pooled) Values(left int64) int64 { return max(p.all-left, 1) }

// Pool is which values are taken together.
type Pool struct {
	Kinds []Pooled
	record.Pooling
}

// Plan chooses, once all streams of the survey have ended, from how many
// requests on values stay themselves; false if nothing makes them fit. The
// survey must not be used again.
func (s *Survey) Plan(spared *Spared) (*Pool, bool) {
	pooled, each, ok := s.share()
	if !ok {
		return nil, false
	}
	pool := &Pool{}
	var sieves [NumKinds]*sieve
	for _, k := range pooled {
		room, values := each/s.costs[k], s.distinct[k].estimate()
		one := Pooled{Kind: k, all: values}
		if k == IPv6 {
			networks := int64(0)
			if one.Bits, networks = s.level(room / 2); one.Bits == 0 {
				return nil, false
			}
			room -= networks
			one.all += networks
		}
		sv := &sieve{s.frequency[k], s.frequency[k].threshold(values, room)}
		one.Below = int64(sv.least)
		pool.Kinds = append(pool.Kinds, one)
		sieves[k] = sv
	}
	pool.prepare(&sieves, spared)
	return pool, true
}

// level is the longest length of which there are at most so many networks, and
// how many; 0 if even of the shortest there are more.
func (s *Survey) level(most int64) (bits int, networks int64) {
	for i, bits := range levels {
		if n := s.networks[i].estimate(); n <= most {
			return bits, n
		}
	}
	return 0, 0
}

// sieve tells values that stay themselves.
type sieve struct {
	frequency *frequency
	least     uint32
}

func (s *sieve) keeps(c record.Column, value []byte) bool {
	d := digestOf(c, value)
	return s.frequency.of(&d) >= s.least
}

func (p *Pool) prepare(sieves *[NumKinds]*sieve, spared *Spared) {
	if sv := sieves[RefererHosts]; sv != nil {
		p.Referer = func(host []byte) (string, bool) {
			if spared.Hosts[string(host)] || sv.keeps(record.RefererHost, host) {
				return "", false
			}
			return standOf(host, spared.Suffixes), true
		}
	}
	if sieves[UserAgents] != nil || sieves[Hosts] != nil || sieves[Texts] != nil {
		p.Text = func(c record.Column, text []byte) (string, bool) {
			k := kindOf(c)
			switch sv := sieves[k]; {
			case sv == nil || k == Hosts && spared.Served[string(text)] || sv.keeps(c, text):
				return "", false
			case k == UserAgents && spared.Agent != nil:
				return spared.Agent(text), true
			}
			return record.PooledText, true
		}
	}
	if sv := sieves[IPv6]; sv != nil {
		for _, k := range p.Kinds {
			p.Bits = max(p.Bits, k.Bits)
		}
		p.Client = func(ip [16]byte) ([16]byte, bool) {
			first := record.FirstOf(ip, p.Bits)
			if sv.keeps(record.Client, ip[:]) ||
				spared.Split != nil && spared.Split(netip.AddrFrom16(ip), netip.AddrFrom16(first)) {
				return ip, false
			}
			return first, true
		}
	}
}

// standOf is what stands for a Referer host: a host below the longest of the
// suffixes that it is below, or "". It is below the same ones.
func standOf(host []byte, suffixes map[string]bool) string {
	for rest := host; ; {
		dot := bytes.IndexByte(rest, '.')
		if dot < 0 {
			return ""
		}
		if rest = rest[dot+1:]; suffixes[string(rest)] {
			return record.PooledText + "." + string(rest)
		}
	}
}
