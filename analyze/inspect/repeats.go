package inspect

import (
	"encoding/binary"
	"math/bits"
)

// Repeats says how many requests have a request id that another one has, too:
// all but one of each id. A log that was delivered twice has many of them.
type Repeats struct {
	Requests int64
	// Estimated: there were too many ids to remember, and Requests is what a
	// random part of them says of all.
	Estimated bool
}

// maxSampledIDs bounds the memory of repeats. The estimate of a share p of
// repeated ids is then off by sqrt(p/maxSampledIDs), some 0.1% of all of them.
const maxSampledIDs = 1 << 16

// repeats counts ids by their hashes: those that end with so many zero bits as
// keep at most maxSampledIDs of them. Which these are depends on the ids alone,
// and not on the order in which they come. The zero value is empty.
type repeats struct {
	counts map[uint64]int64
	zeros  int // bits
}

func (r *repeats) add(id []byte) { r.put(hashID(id), 1) }

func (r *repeats) put(hash uint64, n int64) {
	if bits.TrailingZeros64(hash) < r.zeros {
		return
	}
	if r.counts == nil {
		r.counts = make(map[uint64]int64)
	}
	r.counts[hash] += n
	for len(r.counts) > maxSampledIDs {
		r.demand(r.zeros + 1)
	}
}

// demand forgets the hashes that end with fewer zero bits.
func (r *repeats) demand(zeros int) {
	r.zeros = zeros
	for hash := range r.counts {
		if bits.TrailingZeros64(hash) < zeros {
			delete(r.counts, hash)
		}
	}
}

func (r *repeats) merge(s *repeats) {
	if s.zeros > r.zeros {
		r.demand(s.zeros)
	}
	for hash, n := range s.counts {
		r.put(hash, n)
	}
}

func (r *repeats) result() Repeats {
	var n int64
	for _, count := range r.counts {
		n += count - 1
	}
	return Repeats{Requests: n << r.zeros, Estimated: r.zeros > 0}
}

// hashID is a hash with the same value in every run, so that estimates are the
// same, too. Ids are made by the CDN: nobody else chooses what collides. Each
// eight bytes are mixed in by a multiplication to 128 bits, as in wyhash.
func hashID(id []byte) uint64 {
	const k0, k1 = 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9
	h := uint64(len(id)) ^ k0
	for ; len(id) >= 8; id = id[8:] {
		h = mix(h^binary.LittleEndian.Uint64(id), k1)
	}
	var rest [8]byte
	copy(rest[:], id)
	return mix(mix(h^binary.LittleEndian.Uint64(rest[:]), k1)^k0, k0)
}

func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}
