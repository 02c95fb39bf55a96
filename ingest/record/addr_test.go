package record

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every way of writing one address leads to one id.
func TestAddressesMeet(t *testing.T) {
	groups := []struct {
		addr  string
		forms []string
	}{
		{"192.0.2.1", []string{"192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:201", "192.0.2.1:443", "192.0.2.1:0", "[192.0.2.1]",
			"[192.0.2.1]:80", "[::ffff:192.0.2.1]:65535", " 192.0.2.1 ", "0:0:0:0:0:ffff:192.0.2.1"}},
		{"2001:db8::1", []string{"2001:db8::1", "2001:DB8:0:0::1", "2001:0db8:0000:0000:0000:0000:0000:0001", "[2001:db8::1]",
			"[2001:db8:0::1]:443", "2001:db8::1%eth0"}},
		{"fe80::1", []string{"fe80::1%eth0", "fe80::1%1", "[fe80::1%eth0]:80", "fe80::1"}},
		{"::1", []string{"::1", "::1%0"}},
		{"::", []string{"::", "0::0"}},
	}
	a := newAddresses()
	for round := range 2 {
		for i, g := range groups {
			for _, form := range g.forms {
				id, ok := a.intern([]byte(form))
				if !ok || id != ID(i) || a.Addr(id) != netip.MustParseAddr(g.addr) {
					t.Errorf("round %d: %q has id %d, %v; want %d (%s)", round, form, id, ok, i, g.addr)
				}
			}
			if id := a.internAddr(netip.MustParseAddr(g.forms[0])); id != ID(i) {
				t.Errorf("%v has id %d; want %d", g.forms[0], id, i)
			}
		}
	}
	if a.Len() != len(groups) {
		t.Errorf("%d addresses; want %d", a.Len(), len(groups))
	}
}

func TestNoAddresses(t *testing.T) {
	a := newAddresses()
	a.internAddr(netip.MustParseAddr("192.0.2.1"))
	for _, raw := range []string{
		"", "-", " ", "192.0.2", "192.0.2.256", "192.0.2.01", "192.0.2.1/32", "192.0.2.1,192.0.2.2", "192.0.2.1:", "192.0.2.1:65536",
		"192.0.2.1:x", "192.0.2.1:123456", "[192.0.2.1", "192.0.2.1]", "[192.0.2.1:80]", "[[192.0.2.1]]", "[192.0.2.1]80",
		"192.0.2.1:1:2", "2001:db8::1::2", ":1", "localhost", "host:80", "192.0.2.1%eth0", "192.0.2.1\x00",
		strings.Repeat(" ", 100) + "192.0.2.1", "fe80::1%" + strings.Repeat("z", 100),
	} {
		if id, ok := a.intern([]byte(raw)); ok {
			t.Errorf("%q has id %d", raw, id)
		}
	}
	if a.Len() != 1 {
		t.Errorf("%d addresses; want 1", a.Len())
	}
}

// What a field means does not depend on which came before, and ports do not
// make the dictionary grow.
func TestAddressesProperties(t *testing.T) {
	piece := rapid.SampledFrom([]string{"192.0.2.1", "2001:db8::1", "::ffff:", "::", "1", ":", ":80", "[", "]", "%e", " ", "."})
	rapid.Check(t, func(t *rapid.T) {
		shared := newAddresses()
		for range rapid.IntRange(1, 30).Draw(t, "fields") {
			raw := []byte(strings.Join(rapid.SliceOfN(piece, 1, 4).Draw(t, "pieces"), ""))
			alone := newAddresses()
			_, want := alone.intern(raw)
			id, ok := shared.intern(raw)
			if ok != want || ok && shared.Addr(id) != alone.Addr(0) {
				t.Fatalf("%q: %v, alone %v", raw, ok, want)
			}
			if ok && shared.Addr(id).Zone() != "" || ok && shared.Addr(id).Is4In6() {
				t.Fatalf("%q: address %v", raw, shared.Addr(id))
			}
		}
	})
	a := newAddresses()
	for port := range 5000 {
		a.intern(fmt.Appendf(nil, "192.0.2.1:%d", port))
		a.intern(fmt.Appendf(nil, "[2001:db8::1]:%d", port))
	}
	if a.ipv4.used != 1 || a.ipv6.used != 1 || len(a.keys.entries) != 0 {
		t.Errorf("%d, %d and %d keys for two addresses", a.ipv4.used, a.ipv6.used, len(a.keys.entries))
	}
}
