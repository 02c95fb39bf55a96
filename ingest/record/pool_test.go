package record

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"rulecast/ingest/referer"
)

// pooling takes values together that have an "x" in them, and IPv6 clients.
func pooling() *Pooling {
	return &Pooling{
		Referer: func(host []byte) (string, bool) {
			if bytes.HasSuffix(host, []byte(".evil.example")) {
				return "(pooled).evil.example", true
			}
			return "", bytes.HasPrefix(host, []byte("x"))
		},
		Text: func(c Column, value []byte) (string, bool) {
			return PooledText, c == UserAgent && bytes.ContainsAny(value, "xX")
		},
		Client: func(ip [16]byte) ([16]byte, bool) { return FirstOf(ip, 64), ip[15] != 9 },
		Bits:   64,
	}
}

func poolRow(b *Builder, client, from, agent string) {
	if !b.SetClient([]byte(client)) {
		panic(client)
	}
	b.SetReferer([]byte(from), nil)
	b.SetString(UserAgent, []byte(agent), func(dst, src []byte) []byte { return append(dst, bytes.ToLower(src)...) })
	b.Commit()
}

func TestPooling(t *testing.T) {
	b := NewBuilder(ColumnSet(Client, RefererHost, UserAgent, Method))
	b.SetPooling(pooling())
	for range 2 { // the second time what is remembered
		poolRow(b, "2001:db8::1", "http://x1.example/", "x")
		poolRow(b, "2001:db8::2", "https://X2.example:80/", "X2")
		poolRow(b, "2001:db8::9", "http://a.evil.example", "xx")
		poolRow(b, "192.0.2.1", "http://b.evil.example", "x")
		poolRow(b, "::ffff:192.0.2.1", "http://good.example", "ok")
		poolRow(b, "2001:db8::", "", "OK")
	}
	batch := b.Flush(0)
	d := batch.Dicts
	rows := []string{
		"2001:db8::/64 (pooled) (pooled)", "2001:db8::/64 (pooled) (pooled)", "2001:db8::9 (pooled).evil.example (pooled)",
		"192.0.2.1 (pooled).evil.example (pooled)", "192.0.2.1 good.example ok", "2001:db8::/64 (empty) ok",
	}
	for i := range batch.Rows {
		client, ref, agent := batch.IDs(Client)[i], batch.IDs(RefererHost)[i], batch.IDs(UserAgent)[i]
		got := strings.Join([]string{d.Clients.String(client), d.RefererHosts.String(ref), d.UserAgents.String(agent)}, " ")
		want := rows[i%len(rows)]
		if got != want {
			t.Errorf("row %d: %s; want %s", i, got, want)
		}
		for c, id := range map[Column]ID{Client: client, RefererHost: ref, UserAgent: agent} {
			text := strings.Fields(want)[map[Column]int{Client: 0, RefererHost: 1, UserAgent: 2}[c]]
			if pooled := strings.Contains(text, "(pooled)") || strings.Contains(text, "/64"); d.Pooled(c, id) != pooled {
				t.Errorf("row %d: %v pooled: %v", i, c, !pooled)
			}
		}
	}
	if d.Clients.Len() != 3 || d.RefererHosts.Len() != int(referer.NumClasses)+2 || d.UserAgents.Len() != 3 {
		t.Errorf("%d clients, %d hosts, %d agents", d.Clients.Len(), d.RefererHosts.Len(), d.UserAgents.Len())
	}
	joined := NewDicts()
	m := joined.Join(d, Client, RefererHost, UserAgent)
	for id, to := range m.IDs(Client) {
		if joined.Clients.String(to) != d.Clients.String(ID(id)) {
			t.Errorf("%s became %s", d.Clients.String(ID(id)), joined.Clients.String(to))
		}
	}
	for id, to := range m.IDs(RefererHost) {
		if joined.RefererHosts.Pooled(to) != d.RefererHosts.Pooled(ID(id)) {
			t.Errorf("%s pooled: %v", joined.RefererHosts.String(to), joined.RefererHosts.Pooled(to))
		}
	}
	b.Reset()
	b.Renew()
	poolRow(b, "2001:db8::1", "http://x1.example/", "x")
	if batch := b.Flush(0); batch.Dicts == d || batch.Dicts.Clients.Len() != 1 || batch.Dicts.UserAgents.String(batch.IDs(UserAgent)[0]) != PooledText {
		t.Error("new dictionaries pool nothing")
	}
}

func TestFirstOf(t *testing.T) {
	ip := netip.MustParseAddr("2001:db8:1234:5678:9abc:def0:1:2")
	for _, bits := range []int{64, 56, 48, 40, 32} {
		want, _ := ip.Prefix(bits)
		if got := netip.AddrFrom16(FirstOf(ip.As16(), bits)); got != want.Addr() {
			t.Errorf("/%d: %s; want %s", bits, got, want.Addr())
		}
	}
}
