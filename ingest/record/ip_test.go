package record

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// oracleIPv4 reads an address as the standard library does.
func oracleIPv4(raw string) (uint32, bool) {
	addr, err := netip.ParseAddr(raw)
	if err != nil || !addr.Is4() {
		return 0, false
	}
	ip := addr.As4()
	return binary.BigEndian.Uint32(ip[:]), true
}

// checkIPv4 compares all readings, with anything behind the field in memory.
func checkIPv4(t interface{ Errorf(string, ...any) }, raw string) {
	want, valid := oracleIPv4(raw)
	for _, behind := range []string{"", ".", "5", "\t1.2.3.4\t255.255.255.255"} {
		block := []byte(raw + behind)
		got, ok := parseIPv4(block[:len(raw)])
		if ok != valid || ok && got != want {
			t.Errorf("%q before %q: %x %v, want %x %v", raw, behind, got, ok, want, valid)
		}
		if wide := ([wideIPv4]byte)(append(block, make([]byte, wideIPv4)...)); len(raw) < wideIPv4 {
			if slow, slowOK := slowIPv4(&wide, len(raw)); slow != got && ok || slowOK != ok {
				t.Errorf("%q before %q: %x %v read slowly, %x %v otherwise", raw, behind, slow, slowOK, got, ok)
			}
		}
	}
}

// TestParseIPv4 reads every number in every place, and what is no address.
func TestParseIPv4(t *testing.T) {
	for n := range 1100 {
		for _, form := range []string{"%d.0.10.255", "1.%d.2.3", "11.22.%d.33", "111.222.99.%d", "%03d.1.1.1", "1.1.1.%02d"} {
			checkIPv4(t, fmt.Sprintf(form, n))
		}
	}
	for form := range 81 { // numbers of one to three digits in each place
		digits := [...]string{"7", "42", "205"}
		checkIPv4(t, strings.Join([]string{digits[form/27], digits[form/9%3], digits[form/3%3], digits[form%3]}, "."))
	}
	for c := range 256 {
		for _, form := range []string{"1.2.3.4?", "?1.2.3.4", "1?2.3.4", "1.2.3.1?4", "12?.4.5.6", "1.2.3?4", "?.?.?.?", "1.2.?.4"} {
			checkIPv4(t, strings.ReplaceAll(form, "?", string([]byte{byte(c)})))
		}
	}
	for _, raw := range []string{"", ".", "...", "....", "1.2.3", "1.2.3.4.", ".1.2.3.4", "1..2.3", "1.2.3.4.5", "123456789012345", "0000000000000000", "1.2.3.4%eth0", "255.255.255.2555"} {
		checkIPv4(t, raw)
	}
}

func FuzzParseIPv4(f *testing.F) {
	f.Add("192.0.2.1")
	f.Add("255.255.255.255")
	f.Add("00.0.0.0")
	f.Fuzz(func(t *testing.T, raw string) { checkIPv4(t, raw) })
}

// TestIPv4Table keeps the ids that a map keeps, looked up alone and in groups.
func TestIPv4Table(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newAddresses()
		want := map[uint32]ID{}
		add := func(addr uint32) ID {
			if _, ok := want[addr]; !ok {
				want[addr] = ID(len(want))
			}
			return want[addr]
		}
		spread := rapid.SampledFrom([]uint32{1, 1 << 8, 1 << 16, 0x01000193}).Draw(t, "spread")
		addr := rapid.Custom(func(t *rapid.T) uint32 { return rapid.Uint32Range(0, 5000).Draw(t, "n") * spread })
		for range rapid.IntRange(1, 20).Draw(t, "batches") {
			addrs := rapid.SliceOfN(addr, 0, 300).Draw(t, "addrs")
			ids, wanted := make([]ID, len(addrs)), make([]ID, len(addrs))
			for i, addr := range addrs {
				if ids[i] = pending; i%7 == 3 {
					ids[i] = 7 // of another kind
				}
				wanted[i] = ids[i]
				if ids[i] == pending {
					wanted[i] = add(addr)
				}
			}
			a.resolve(ids, addrs)
			if fmt.Sprint(ids) != fmt.Sprint(wanted) {
				t.Fatalf("%v\nwant %v", ids, wanted)
			}
		}
		if a.Len() != len(want) {
			t.Fatalf("%d addresses, want %d", a.Len(), len(want))
		}
		for addr, id := range want {
			var ip [4]byte
			binary.BigEndian.PutUint32(ip[:], addr)
			if got, ok := a.ipv4.find(addr); !ok || got != id || a.Addr(id) != netip.AddrFrom4(ip) {
				t.Fatalf("%x: %d %v, want %d", addr, got, ok, id)
			}
		}
		if _, ok := a.ipv4.find(math.MaxUint32); ok {
			t.Fatal("found an address that nobody added")
		}
	})
}

// oracleIPv6 reads an address as the standard library does, less zones and
// dotted parts.
func oracleIPv6(raw string) ([16]byte, bool) {
	addr, err := netip.ParseAddr(raw)
	if err != nil || !addr.Is6() || addr.Zone() != "" || strings.Contains(raw, ".") {
		return [16]byte{}, false
	}
	return addr.As16(), true
}

func checkIPv6(t interface{ Errorf(string, ...any) }, raw string) {
	want, valid := oracleIPv6(raw)
	if got, ok := parseIPv6([]byte(raw)); ok != valid || ok && got != want {
		t.Errorf("%q: %x %v, want %x %v", raw, got, ok, want, valid)
	}
}

func TestParseIPv6(t *testing.T) {
	for _, raw := range []string{
		"", ":", "::", ":::", "1", "1:", ":1", "::1", "1::", "1::1", "1::1::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1:2:3:4:5:6:7:8::", "2001:DB8::aBcD", "12345::",
		"0001::", "00001::", "g::", "::ffff:c000:201", "::ffff:192.0.2.1", "fe80::1%e", "1.2.3.4", "1::2:", "1::2:::", "1:::2",
	} {
		checkIPv6(t, raw)
	}
	piece := rapid.SampledFrom([]string{":", "::", "0", "1", "ab", "FFFF", "12345", ".", "g", "%"})
	rapid.Check(t, func(t *rapid.T) {
		checkIPv6(t, strings.Join(rapid.SliceOfN(piece, 0, 17).Draw(t, "pieces"), ""))
	})
	rapid.Check(t, func(t *rapid.T) {
		var ip [16]byte
		for i := range ip {
			ip[i] = rapid.SampledFrom([]byte{0, 0, 0, 1, 0xff}).Draw(t, "byte")
		}
		addr := netip.AddrFrom16(ip)
		checkIPv6(t, addr.String())
		checkIPv6(t, addr.StringExpanded())
	})
}

func FuzzParseIPv6(f *testing.F) {
	f.Add("2001:db8::1")
	f.Add("1:2:3:4:5:6:7:8")
	f.Fuzz(func(t *testing.T, raw string) { checkIPv6(t, raw) })
}

// TestPendingClients sets clients of all kinds, drops rows, and compares those
// of the rows that are left.
func TestPendingClients(t *testing.T) {
	texts := []string{"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "::ffff:c000:201", "::ffff:192.0.2.1", "::", "fe80::1%eth0",
		"[2001:db8::1]:443", "192.0.2.2:80", "none", "2001:db8:0:1::", "0.0.0.0"}
	for i := range 200 {
		texts = append(texts, fmt.Sprintf("2001:db8::%x", i))
	}
	rapid.Check(t, func(t *rapid.T) {
		b := NewBuilder(ColumnSet(Client, Time))
		b.SetWindow(0, 10)
		for range rapid.IntRange(1, 3).Draw(t, "batches") {
			var want []netip.Addr
			if rapid.IntRange(0, 9).Draw(t, "many outside") == 0 {
				for i := range BatchRows + 5 {
					b.SetClient([]byte(texts[i%len(texts)]))
					b.SetTime(11)
					b.Commit()
				}
			}
			for _, text := range rapid.SliceOfN(rapid.SampledFrom(texts), 0, 400).Draw(t, "rows") {
				addr, valid := parseAddr(bareAddr([]byte(text)))
				if b.SetClient([]byte(text)) != valid {
					t.Fatalf("%s is a client: %v", text, !valid)
				}
				switch fate := rapid.IntRange(0, 5).Draw(t, "fate"); {
				case !valid || fate == 0:
					b.Reject(1, "bad", nil)
				default:
					b.SetTime(int64(9 + fate/4))
					b.Commit()
					if fate < 4 {
						want = append(want, addr)
					}
				}
			}
			batch := b.Flush(0)
			var got []netip.Addr
			for _, id := range batch.IDs(Client) {
				got = append(got, batch.Dicts.Clients.Addr(id))
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%v\nwant %v", got, want)
			}
			b.Reset()
		}
		known := map[netip.Addr]bool{}
		for id := range ID(b.dicts.Clients.Len()) {
			known[b.dicts.Clients.Addr(id)] = true
		}
		if len(known) != b.dicts.Clients.Len() {
			t.Fatalf("%d ids for %d addresses", b.dicts.Clients.Len(), len(known))
		}
	})
}

// TestIPv6Table keeps the ids that a map keeps.
func TestIPv6Table(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newAddresses()
		want := map[[16]byte]ID{}
		for range rapid.IntRange(0, 2000).Draw(t, "addresses") {
			n := uint32(rapid.Uint16Range(0, 999).Draw(t, "n"))
			var ip [16]byte
			binary.BigEndian.PutUint32(ip[4*(n%3):], n)
			id, ok := want[ip]
			if !ok {
				id = ID(len(want))
				want[ip] = id
			}
			if got := a.internIPv6(&ip); got != id {
				t.Fatalf("%x: %d, want %d", ip, got, id)
			}
		}
		for ip, id := range want {
			if got, ok := a.ipv6.find(loadIPv6(&ip)); !ok || got != id || a.Addr(id) != netip.AddrFrom16(ip) {
				t.Fatalf("%x: %d %v, want %d", ip, got, ok, id)
			}
		}
	})
}
