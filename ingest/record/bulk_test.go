package record

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestBulkIsRowByRow sets runs of rows at once and one by one, with rejects and
// rows outside of a window between them.
func TestBulkIsRowByRow(t *testing.T) {
	texts := []string{"", "-", "a", "GET", "x.example", "é"}
	clients := []string{"192.0.2.1", "192.0.2.1:80", "2001:db8::1", "::ffff:192.0.2.9", "x", "", "192.0.2.256"}
	rapid.Check(t, func(t *rapid.T) {
		wants := Columns(rapid.Uint32Range(0, uint32(AllColumns)).Draw(t, "wants"))
		one, many := NewBuilder(wants), NewBuilder(wants)
		if rapid.Bool().Draw(t, "windowed") {
			wants |= ColumnSet(Time)
			one, many = NewBuilder(wants), NewBuilder(wants)
			one.SetWindow(3, 7)
			many.SetWindow(3, 7)
		}
		text := rapid.SampledFrom(texts)
		for range rapid.IntRange(0, 5).Draw(t, "runs") {
			n := rapid.IntRange(1, 400).Draw(t, "rows")
			times := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 9), rapid.Just(NoTime)), n, n).Draw(t, "times")
			numbers := rapid.SliceOfN(rapid.Int64Range(-1, 999), n, n).Draw(t, "numbers")
			words := rapid.SliceOfN(text, n, n).Draw(t, "words")
			setAtOnce(many, times, numbers, words)
			for i, us := range times {
				setOne(one, us, numbers[i], words[i])
				one.Commit()
			}
			if rapid.Bool().Draw(t, "reject") {
				one.Reject(1, "reason", nil)
				many.Reject(1, "reason", nil)
			}
		}
		a, b := one.Flush(0), many.Flush(0)
		if diff := cmp.Diff(rowsOf(a), rowsOf(b)); diff != "" || len(a.Rejects) != len(b.Rejects) {
			t.Fatalf("-row by row +at once:\n%s", diff)
		}
		if x, y := one.TakeOutside(), many.TakeOutside(); x != y || one.Room() != many.Room() || one.Room() != BatchRows-a.Rows {
			t.Fatalf("%d outside, %d at once; room for %d and %d", x, y, one.Room(), many.Room())
		}
		var raw []string
		for range rapid.IntRange(0, 700).Draw(t, "clients") {
			raw = append(raw, rapid.OneOf(rapid.SampledFrom(clients), rapid.Custom(anyIPv4)).Draw(t, "client"))
		}
		ids := make([]ID, len(raw))
		const none = math.MaxUint32 - 1
		many.InternClients(ids, func(i int) []byte { return []byte(raw[i]) }, none)
		for i, id := range ids {
			want, ok := many.dicts.Clients.intern([]byte(raw[i]))
			if !wants.Has(Client) {
				want = 0
			}
			if ok != (id != none) || ok && id != want {
				t.Fatalf("%q is %d, want %d, %v", raw[i], id, want, ok)
			}
		}
	})
}

// TestManyClients interns and joins more addresses of both kinds than are looked
// up together.
func TestManyClients(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		form := rapid.OneOf(rapid.Custom(anyIPv4), rapid.Custom(anyIPv6), rapid.SampledFrom([]string{"x", "::ffff:10.0.0.1", "10.0.0.1:80", "[2001:db8::1]:80", "fe80::1%eth0"}))
		raw := rapid.SliceOfN(form, 0, 900).Draw(t, "clients")
		b, other, ids := NewBuilder(AllColumns), NewDicts(), make([]ID, len(raw))
		b.InternClients(ids, func(i int) []byte { return []byte(raw[i]) }, math.MaxUint32-2)
		for i := range raw {
			want, ok := parseAddr([]byte(bareAddr([]byte(raw[i]))))
			if ok != (ids[i] != math.MaxUint32-2) || ok && b.dicts.Clients.Addr(ids[i]) != want.Unmap().WithZone("") {
				t.Fatalf("%q is %d", raw[i], ids[i])
			}
			if rapid.Bool().Draw(t, "in both") {
				other.Clients.intern([]byte(raw[i]))
			}
		}
		to := other.Join(b.dicts, Client).IDs(Client)
		for id := range b.dicts.Clients.Len() {
			if got, want := other.Clients.Addr(to[id]), b.dicts.Clients.Addr(ID(id)); got != want {
				t.Fatalf("%s became %s", want, got)
			}
		}
		if got := NewDicts(); len(to) != b.dicts.Clients.Len() || len(got.Join(other, Client).IDs(Client)) != got.Clients.Len() {
			t.Fatal("an address has two ids")
		}
	})
}

func anyIPv6(t *rapid.T) string {
	return fmt.Sprintf("2001:db8::%x:%x", rapid.IntRange(0, 3).Draw(t, "c"), rapid.IntRange(0, 0xff).Draw(t, "d"))
}

func anyIPv4(t *rapid.T) string {
	return fmt.Sprintf("10.0.%d.%d", rapid.IntRange(0, 3).Draw(t, "c"), rapid.IntRange(0, 255).Draw(t, "d"))
}

// setAtOnce sets all rows.
func setAtOnce(b *Builder, times, numbers []int64, words []string) {
	set := func(c Column, word string) ID {
		id, _ := b.InternValue(c, []byte(word))
		return id
	}
	for at := 0; at < len(times); {
		n, inside := b.Window(times[at:])
		if !inside {
			b.LeaveOut(n)
			at += n
			continue
		}
		word := func(i int) []byte { return []byte(words[at+i]) }
		ids, hosts := make([]ID, n), make([]ID, n)
		for i := range ids {
			ids[i], hosts[i] = set(Method, words[at+i]), set(Host, words[at+i])
		}
		clients := make([]ID, n)
		b.InternClients(clients, func(i int) []byte { return clientOf(words[at+i]) }, 0)
		b.SetIDs(Client, clients)
		b.SetTimes(times[at:][:n])
		b.SetNumbers(Bytes, numbers[at:][:n], -1)
		b.SetNumbers(Status, numbers[at:][:n], -1)
		b.SetNumbers(ASN, numbers[at:][:n], -1)
		b.SetIDs(Method, ids)
		b.SetIDsThere(Host, hosts)
		b.SetTexts(Path, n, word, masked)
		b.SetTexts(Query, n, word, nil)
		b.SetValues(RequestID, n, word)
		b.CommitRows(n, ColumnSet(Path, Query, RequestID))
		at += n
	}
}

// clientOf is an address for each word.
func clientOf(word string) []byte { return fmt.Appendf(nil, "192.0.2.%d", len(word)) }

func masked(dst, src []byte) []byte {
	for _, c := range src {
		dst = append(dst, c&^0x20)
	}
	return dst
}

// setOne sets the same of one row.
func setOne(b *Builder, us, number int64, word string) {
	b.SetClient(clientOf(word))
	b.SetTime(us)
	if number >= 0 {
		b.SetBytes(number)
		b.SetStatus(uint16(number))
		b.SetASN(uint32(number))
	}
	for _, c := range []Column{Method, Host} {
		id, _ := b.InternValue(c, []byte(word))
		b.SetID(c, id)
	}
	b.SetText(Path, []byte(word), masked)
	b.SetText(Query, []byte(word), nil)
	b.SetValue(RequestID, []byte(word))
}
