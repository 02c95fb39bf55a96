package record

import (
	"net/netip"
	"testing"
)

func TestCutNetwork(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.0":       "192.0.2.0/24",
		"192.0.0.0":       "192.0.0.0/24",
		"192.0.2.1":       "invalid Prefix",
		"0.0.0.0":         "0.0.0.0/0",
		"::":              "::/0",
		"2001:db8:1:2::":  "2001:db8:1:2::/64",
		"2001:db8::":      "2001:db8::/64",
		"2001:db8:1:2::1": "invalid Prefix",
	} {
		got, ok := CutNetwork(netip.MustParseAddr(text))
		if got.String() != want || ok != (want != "invalid Prefix") {
			t.Errorf("%s: %s %v, want %s", text, got, ok, want)
		}
	}
}

// Only rows that are committed count, also when nobody wants the clients.
func TestAnonymised(t *testing.T) {
	for _, wants := range []Columns{0, ColumnSet(Client, Time)} {
		b := NewBuilder(wants)
		set := func(raw string, want bool) {
			t.Helper()
			if got := b.SetClientOrNetwork([]byte(raw)); got != want {
				t.Errorf("%s: %v, want %v", raw, got, want)
			}
		}
		set("192.0.2.0", true)
		b.Commit()
		set("192.0.2.1", true)
		b.Commit()
		set("192.0.2.0", true)
		b.Reject(3, "reason", nil)
		set("nobody", false)
		b.Reject(4, "reason", nil)
		b.SetClient([]byte("192.0.2.0"))
		b.Commit()
		set("2001:db8::", true)
		b.Commit()
		if n := b.TakeAnonymised(); n != 2 || b.TakeAnonymised() != 0 {
			t.Errorf("%d rows, want 2", n)
		}
	}
	b := NewBuilder(ColumnSet(Time))
	b.SetWindow(10, 20)
	b.SetTime(5)
	b.SetClientOrNetwork([]byte("192.0.2.0"))
	b.Commit()
	b.SetTime(15)
	b.SetClientOrNetwork([]byte("192.0.2.0"))
	b.Commit()
	if n := b.TakeAnonymised(); n != 1 {
		t.Errorf("%d rows, want the one within the window", n)
	}
}
