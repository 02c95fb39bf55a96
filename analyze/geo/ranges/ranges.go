// Package ranges is a table of address ranges and the country code of each, in
// a compact form for embedding: a text header, then gzip.
package ranges

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// None is the code of an address in no range. It is Codes()[0] of every table.
const None = "ZZ"

// Header says where a table comes from. No value may hold a line break.
type Header struct {
	Source    string    // the data's name and publisher
	Generated time.Time // when the publisher made the data; whole seconds, UTC
	Digest    string    // of the files that the table was made from
	Licence   string
}

// Range gives the addresses First to Last, both included, a code of two
// characters. Both ends are of one family and without zone.
type Range struct {
	First, Last netip.Addr
	Code        string
}

// Table finds the code of an address. It is immutable and safe for concurrent
// use. IPv4 ranges are kept exactly; an IPv6 address has the code of the first
// address of its /64.
type Table struct {
	header Header
	codes  []string
	v4     family[uint32]
	v6     family[uint64] // by the upper 64 bits
}

// New makes a table of ranges that ascend and do not overlap within a family.
// The families may be mixed.
func New(header Header, rs []Range) (*Table, error) {
	t := &Table{header: header, codes: []string{None}}
	index := map[string]uint16{None: 0}
	var v4 appender[uint32]
	var v6 appender[uint64]
	for _, r := range rs {
		if err := r.check(); err != nil {
			return nil, err
		}
		code, ok := index[r.Code]
		if !ok {
			code = uint16(len(t.codes))
			index[r.Code] = code
			t.codes = append(t.codes, r.Code)
		}
		var ascends bool
		if r.First.Is4() {
			ascends = v4.add(key4(r.First), key4(r.Last), code)
		} else {
			first, last, holdsOne := cut(r)
			ascends = !holdsOne || v6.add(first, last, code)
		}
		if !ascends {
			return nil, fmt.Errorf("range %s-%s: overlaps the one before or is out of order", r.First, r.Last)
		}
	}
	t.v4, t.v6 = v4.family(), v6.family()
	return t, nil
}

func (r Range) check() error {
	switch {
	case len(r.Code) != 2 || !printable(r.Code[0]) || !printable(r.Code[1]):
		return fmt.Errorf("range %s-%s: code %q is not two characters", r.First, r.Last, r.Code)
	case !r.First.IsValid() || r.First.BitLen() != r.Last.BitLen() || r.Last.Less(r.First):
		return fmt.Errorf("range %s-%s: not a range", r.First, r.Last)
	}
	return nil
}

func printable(c byte) bool { return c > ' ' && c < 0x7f }

// cut gives the /64 networks whose first address is in r, by their upper 64
// bits, and whether there is any. 2001:db8::5-2001:db8:0:2::9 holds the first
// address of 2001:db8:0:1::/64 and 2001:db8:0:2::/64.
func cut(r Range) (first, last uint64, holdsOne bool) {
	from := r.First.As16()
	first, last = key6(r.First), key6(r.Last)
	if binary.BigEndian.Uint64(from[8:]) != 0 {
		if first == last {
			return 0, 0, false
		}
		first++
	}
	return first, last, true
}

func key4(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func key6(a netip.Addr) uint64 {
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8])
}

// Header says where the table comes from.
func (t *Table) Header() Header { return t.header }

// Codes are the codes that Lookup points into. The caller must not change them.
func (t *Table) Codes() []string { return t.codes }

// Lookup gives the index in Codes of an address's code, 0 when the address is
// in no range. An IPv4-mapped address must be unmapped by the caller.
func (t *Table) Lookup(a netip.Addr) uint16 {
	switch {
	case a.Is4():
		return t.v4.find(key4(a))
	case a.Is6():
		return t.v6.find(key6(a))
	}
	return 0
}

// family is the ranges of one address family: the code of a key is that of the
// last start at or below it. Gaps are ranges with code 0. The zero value holds
// nothing.
type family[K uint32 | uint64] struct {
	starts []K // ascending; starts[0] is 0
	codes  []uint16
	// pages[p] counts the starts below key p<<pageShift, so that a search
	// looks only at the starts of one page of keys.
	pages []uint32
}

// pageBits gives 65,536 pages: 256 kB a family, and on average five starts of
// an IPv4 page.
const pageBits = 16

func pageShift[K uint32 | uint64]() int {
	return bitsOf[K]() - pageBits
}

func bitsOf[K uint32 | uint64]() int {
	if ^K(0) == K(1<<32-1) {
		return 32
	}
	return 64
}

func (f *family[K]) find(key K) uint16 {
	if len(f.starts) == 0 {
		return 0
	}
	page := int(key >> pageShift[K]())
	// The last start at or below key is at lo-1 once lo counts those starts.
	lo, hi := int(f.pages[page]), int(f.pages[page+1])
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if f.starts[mid] <= key {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return f.codes[lo-1]
}

// newFamily takes over the slices. starts must begin with 0 and ascend.
func newFamily[K uint32 | uint64](starts []K, codes []uint16) family[K] {
	if len(starts) == 0 {
		return family[K]{}
	}
	pages := make([]uint32, 1<<pageBits+1)
	at := 0
	for p := range 1 << pageBits {
		for at < len(starts) && starts[at] < K(p)<<pageShift[K]() {
			at++
		}
		pages[p] = uint32(at)
	}
	pages[1<<pageBits] = uint32(len(starts))
	return family[K]{starts: starts, codes: codes, pages: pages}
}

// appender builds a family from ascending ranges. The zero value is empty.
type appender[K uint32 | uint64] struct {
	starts []K
	codes  []uint16
	next   K    // the key after the last range
	full   bool // the last range ends at the highest key
}

// add appends the range first to last. It reports whether the range lies
// behind all before it.
func (b *appender[K]) add(first, last K, code uint16) bool {
	if b.full || first < b.next {
		return false
	}
	if first > b.next {
		b.start(b.next, 0)
	}
	b.start(first, code)
	b.next = last + 1
	b.full = b.next == 0
	return true
}

// start begins a range, or prolongs the last one if it has the same code.
func (b *appender[K]) start(key K, code uint16) {
	if n := len(b.codes); n > 0 && b.codes[n-1] == code {
		return
	}
	b.starts = append(b.starts, key)
	b.codes = append(b.codes, code)
}

func (b *appender[K]) family() family[K] {
	if len(b.starts) > 0 && !b.full {
		b.start(b.next, 0)
	}
	return newFamily(b.starts, b.codes)
}
