package record_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

// clientBehind is the walk of Resolve, slow and as one would explain it: the
// peer is the last of the list, trusted ones are struck off its end, and what
// is no address ends it.
func clientBehind(trusted []netip.Prefix, peer, list string) (client netip.Addr, through, named bool) {
	is := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	client = netip.MustParseAddr(peer)
	if !is(client) {
		return client, false, false
	}
	elements := strings.Split(list, ",")
	slices.Reverse(elements)
	for _, e := range elements {
		if e = strings.TrimSpace(e); e == "" {
			continue
		}
		next, err := netip.ParseAddr(e)
		if err != nil {
			withPort, err := netip.ParseAddrPort(e)
			if err != nil {
				return client, true, false
			}
			next = withPort.Addr()
		}
		client = next.Unmap().WithZone("")
		if !is(client) {
			return client, true, true
		}
	}
	return client, true, false
}

func TestProxiesAgreeWithNaive(t *testing.T) {
	trusted := []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("203.0.113.7/32"), netip.MustParsePrefix("2001:db8:aa::/48"),
	}
	peers := rapid.SampledFrom([]string{"10.0.0.1", "10.9.9.9", "203.0.113.7", "203.0.113.8", "2001:db8:aa::1", "2001:db8:ab::1"})
	elements := rapid.SampledFrom([]string{
		"10.0.0.1", "10.0.0.2:8080", "203.0.113.7", "203.0.113.8", "::ffff:10.0.0.3", "192.0.2.1", " 192.0.2.2", "192.0.2.3:443 ",
		"2001:DB8:aa::5", "[2001:db8:aa::6]:80", "2001:db8::7", "[2001:db8::8]:1", "unknown", "", " ", "10.0.0", "_hidden", "1e3",
		strings.Repeat("1", 100),
	})
	rapid.Check(t, func(t *rapid.T) {
		b := record.NewBuilder(record.ColumnSet(record.Client, record.Forwarded, record.Country, record.ASN))
		proxies := record.NewProxies(func(a netip.Addr) bool {
			return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
		})
		for range rapid.IntRange(1, 3).Draw(t, "batches") {
			var want []netip.Addr
			var moved []bool
			var counts record.Through
			for range rapid.IntRange(0, 8).Draw(t, "rows") {
				peer := peers.Draw(t, "peer")
				list := strings.Join(rapid.SliceOfN(elements, 0, 5).Draw(t, "list"), ",")
				b.SetClient([]byte(peer))
				b.SetText(record.Forwarded, []byte(list), nil)
				b.SetCountry([]byte("DE"))
				b.SetASN(64500)
				b.Commit()
				client, through, named := clientBehind(trusted, peer, list)
				want, moved = append(want, client), append(moved, client != netip.MustParseAddr(peer))
				if through && named {
					counts.Named++
				} else if through {
					counts.Unnamed++
				}
			}
			batch := b.Flush(0)
			if got := proxies.Resolve(batch); got != counts {
				t.Fatalf("counts %+v, want %+v", got, counts)
			}
			for i, id := range batch.IDs(record.Client) {
				if got := batch.Dicts.Clients.Addr(id); got != want[i] {
					t.Fatalf("row %d: %s, want %s", i, got, want[i])
				}
				country, asn := batch.Dicts.Countries.String(batch.IDs(record.Country)[i]), batch.ASNs()[i]
				if (country == "") != moved[i] || (asn == 0) != moved[i] {
					t.Fatalf("row %d: country %q and ASN %d of a client that was replaced: %t", i, country, asn, moved[i])
				}
			}
			b.Reset()
		}
	})
}

func TestProxiesDoNotAllocate(t *testing.T) {
	b := record.NewBuilder(record.ColumnSet(record.Client, record.Forwarded))
	proxies := record.NewProxies(func(a netip.Addr) bool { return a.IsPrivate() })
	for range 100 {
		b.SetClient([]byte("10.0.0.1"))
		b.SetText(record.Forwarded, []byte("198.51.100.7, 192.0.2.1, 10.0.0.2"), nil)
		b.Commit()
	}
	batch := b.Flush(0)
	peers := slices.Clone(batch.IDs(record.Client))
	proxies.Resolve(batch)
	if n := testing.AllocsPerRun(10, func() {
		copy(batch.IDs(record.Client), peers)
		if got := proxies.Resolve(batch); got.Named != 100 {
			t.Fatal(got)
		}
	}); n > 0 {
		t.Errorf("%v allocations for addresses seen before", n)
	}
}

// TestProxiesLongHeader walks no further than it is led.
func TestProxiesLongHeader(t *testing.T) {
	b := record.NewBuilder(record.ColumnSet(record.Client, record.Forwarded))
	b.SetClient([]byte("10.0.0.1"))
	b.SetText(record.Forwarded, []byte(strings.Repeat("10.0.0.9,", 1<<16)+"192.0.2.1"), nil)
	b.Commit()
	batch := b.Flush(0)
	record.NewProxies(func(a netip.Addr) bool { return a.IsPrivate() }).Resolve(batch)
	if got := batch.Dicts.Clients.Addr(batch.IDs(record.Client)[0]).String(); got != "192.0.2.1" {
		t.Error(got)
	}
	if n := batch.Dicts.Clients.Len(); n != 2 {
		t.Errorf("%d addresses in the dictionary: what stands before the client was read", n)
	}
}
