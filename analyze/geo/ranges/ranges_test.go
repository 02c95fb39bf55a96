package ranges

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var testHeader = Header{
	Source:    "a source",
	Generated: time.Date(2026, 6, 25, 4, 33, 59, 0, time.UTC),
	Digest:    "sha256:00",
	Licence:   "CC BY-SA 4.0",
}

func addr4(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n)))
}

func addr6(hi, lo uint64) netip.Addr {
	return netip.AddrFrom16([16]byte(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, hi), lo)))
}

// drawRanges draws ascending ranges of both families, dense enough that they
// often touch, and addresses at and beside their ends.
func drawRanges(t *rapid.T) ([]Range, []netip.Addr) {
	codes := rapid.SampledFrom([]string{"DE", "US", "FR", "ZZ", "??", "IN"})
	var rs []Range
	var ends []netip.Addr
	add := func(first, last netip.Addr) {
		rs = append(rs, Range{first, last, codes.Draw(t, "code")})
		for _, a := range []netip.Addr{first, last, first.Prev(), last.Next()} {
			if a.IsValid() {
				ends = append(ends, a)
			}
		}
	}
	for _, p := range pairs(rapid.SliceOf(rapid.OneOf(
		rapid.Uint32(), rapid.Uint32Range(0, 9), rapid.Uint32Range(0xfffffff0, 0xffffffff), rapid.Uint32Range(0x01fffffc, 0x02000003),
	)).Draw(t, "v4"), addr4) {
		add(p[0], p[1])
	}
	for _, p := range pairs(rapid.SliceOf(rapid.Custom(func(t *rapid.T) netip.Addr {
		hi := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(5, 9), rapid.Just(^uint64(0))).Draw(t, "hi")
		return addr6(hi, rapid.SampledFrom([]uint64{0, 1, 2, ^uint64(0)}).Draw(t, "lo"))
	})).Draw(t, "v6"), func(a netip.Addr) netip.Addr { return a }) {
		add(p[0], p[1])
	}
	return rs, append(ends, addr4(0), addr4(^uint32(0)), addr6(0, 0), addr6(^uint64(0), ^uint64(0)))
}

// pairs makes disjoint ranges of the sorted values.
func pairs[T any](values []T, addr func(T) netip.Addr) [][2]netip.Addr {
	var as []netip.Addr
	for _, v := range values {
		as = append(as, addr(v))
	}
	slices.SortFunc(as, netip.Addr.Compare)
	as = slices.Compact(as)
	var out [][2]netip.Addr
	for i := 0; i+1 < len(as); i += 2 {
		out = append(out, [2]netip.Addr{as[i], as[i+1]})
	}
	return out
}

// oracle looks through all ranges.
func oracle(rs []Range, a netip.Addr) string {
	if a.Is6() {
		a = addr6(key6(a), 0)
	}
	for _, r := range rs {
		if r.First.BitLen() == a.BitLen() && r.First.Compare(a) <= 0 && a.Compare(r.Last) <= 0 {
			return r.Code
		}
	}
	return None
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs, ends := drawRanges(t)
		made, err := New(testHeader, rs)
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := made.Encode()
		if err != nil {
			t.Fatal(err)
		}
		read, err := Decode(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if read.Header() != testHeader {
			t.Fatalf("header %+v", read.Header())
		}
		for _, a := range ends {
			want := oracle(rs, a)
			if got := made.Codes()[made.Lookup(a)]; got != want {
				t.Fatalf("%s: made %s, want %s", a, got, want)
			}
			if got := read.Codes()[read.Lookup(a)]; got != want {
				t.Fatalf("%s: read %s, want %s", a, got, want)
			}
		}
		again, err := read.Encode()
		if err != nil || !bytes.Equal(again, encoded) {
			t.Fatalf("encodes differently the second time: %v", err)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	a := func(s string) netip.Addr { return netip.MustParseAddr(s) }
	for name, rs := range map[string][]Range{
		"overlap":     {{a("1.0.0.0"), a("1.0.0.9"), "DE"}, {a("1.0.0.9"), a("1.0.0.10"), "US"}},
		"order":       {{a("2.0.0.0"), a("2.0.0.9"), "DE"}, {a("1.0.0.0"), a("1.0.0.10"), "US"}},
		"after end":   {{a("255.0.0.0"), a("255.255.255.255"), "DE"}, {a("0.0.0.0"), a("0.0.0.0"), "US"}},
		"v6 overlap":  {{a("2001:db8::"), a("2001:db8:1::"), "DE"}, {a("2001:db8:1::"), a("2001:db8:2::"), "US"}},
		"backwards":   {{a("1.0.0.9"), a("1.0.0.0"), "DE"}},
		"families":    {{a("1.0.0.9"), a("2001::"), "DE"}},
		"no address":  {{Code: "DE"}},
		"long code":   {{a("1.0.0.0"), a("1.0.0.0"), "DEU"}},
		"line break":  {{a("1.0.0.0"), a("1.0.0.0"), "D\n"}},
		"empty code":  {{a("1.0.0.0"), a("1.0.0.0"), ""}},
		"not ascii":   {{a("1.0.0.0"), a("1.0.0.0"), "ß"}},
		"half a zone": {{a("fe80::%a"), a("1.0.0.0"), "DE"}},
	} {
		if _, err := New(testHeader, rs); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if tab, err := New(Header{Source: "a\nb"}, nil); err != nil {
		t.Error(err)
	} else if _, err := tab.Encode(); err == nil {
		t.Error("header with a line break: encoded")
	}
}

func sample(t testing.TB) []byte {
	t.Helper()
	var rs []Range
	for i := range uint32(40) {
		rs = append(rs, Range{addr4(i << 20), addr4(i<<20 + i), fmt.Sprintf("%02d", i)})
		rs = append(rs, Range{addr6(uint64(i)<<40, 0), addr6(uint64(i)<<40+7, 1), "DE"})
	}
	tab, err := New(testHeader, rs)
	if err != nil {
		t.Fatal(err)
	}
	data, err := tab.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDecodeTruncated(t *testing.T) {
	data := sample(t)
	for n := range data {
		if _, err := Decode(data[:n]); err == nil {
			t.Fatalf("%d of %d bytes: accepted", n, len(data))
		}
	}
}

// TestPayloadTruncated cuts and alters the payload under a valid gzip frame,
// where no check sum helps.
func TestPayloadTruncated(t *testing.T) {
	whole, err := Decode(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	payload := whole.payload()
	decode := func(p []byte) bool {
		d := decoder{data: p}
		tab := &Table{codes: d.codes()}
		tab.v4 = decodeFamily[uint32](&d, len(tab.codes))
		tab.v6 = decodeFamily[uint64](&d, len(tab.codes))
		if d.bad || d.left() > 0 {
			return false
		}
		for _, a := range []netip.Addr{addr4(0), addr4(^uint32(0)), addr6(0, 0), addr6(^uint64(0), 0)} {
			_ = tab.codes[tab.Lookup(a)]
		}
		return true
	}
	if !decode(payload) {
		t.Fatal("the whole payload is refused")
	}
	for n := range payload {
		if decode(payload[:n]) {
			t.Fatalf("%d of %d bytes: accepted", n, len(payload))
		}
		for _, b := range []byte{0, 0x7f, 0x80, 0xff} {
			altered := bytes.Clone(payload)
			altered[n] = b
			decode(altered) // must not panic
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample(f))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		tab, err := Decode(data)
		if err != nil {
			return
		}
		for _, a := range []netip.Addr{addr4(0), addr4(1 << 24), addr6(0, 0), addr6(^uint64(0), 0), {}} {
			_ = tab.Codes()[tab.Lookup(a)]
		}
	})
}
