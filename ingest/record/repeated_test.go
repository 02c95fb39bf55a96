package record

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestRepeatedRows leaves rows out one by one and many at a time: the batches
// are those without them.
func TestRepeatedRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "bb", "twice", "again"}), 0, 40).Draw(t, "ids")
		repeated := func(id []byte) bool { return string(id) == "twice" || string(id) == "again" }
		columns := ColumnSet(Time, Client, Status, Bytes, ASN, Path, RequestID, UserAgent, RefererHost)
		set := func(b *Builder, row int) {
			b.SetTime(int64(row))
			b.SetClient(fmt.Appendf(nil, "192.0.2.%d", row))
			b.SetStatus(uint16(row))
			b.SetBytes(int64(row))
			b.SetASN(uint32(row))
			b.SetText(Path, fmt.Appendf(nil, "/%d", row), nil)
			b.SetString(UserAgent, fmt.Appendf(nil, "agent %d", row%3), nil)
			b.SetReferer(fmt.Appendf(nil, "http://%d.example/", row%4), nil)
			b.SetText(RequestID, []byte(ids[row]), nil)
		}
		alone, single, bulk := NewBuilder(columns), NewBuilder(columns), NewBuilder(columns)
		single.SetRepeated(repeated)
		bulk.SetRepeated(repeated)
		left := 0
		for row, id := range ids {
			set(single, row)
			single.Commit()
			if !repeated([]byte(id)) {
				set(alone, row)
				alone.Commit()
				left++
			}
		}
		for from := 0; from < len(ids); {
			n := rapid.IntRange(1, len(ids)-from).Draw(t, "n")
			setMany(bulk, ids, from, n)
			bulk.CommitRows(n, ColumnSet(Path, RequestID))
			from += n
		}
		if single.TakeRepeated() != int64(len(ids)-left) || bulk.TakeRepeated() != int64(len(ids)-left) || single.TakeRepeated() != 0 {
			t.Fatal("not counted")
		}
		want := dump(alone.Flush(0))
		if got := dump(single.Flush(0)); got != want {
			t.Fatalf("one by one:\n%s\nwant\n%s", got, want)
		}
		if got := dump(bulk.Flush(0)); got != want {
			t.Fatalf("many at a time:\n%s\nwant\n%s", got, want)
		}
	})
}

func setMany(b *Builder, ids []string, from, n int) {
	var times, numbers []int64
	var clients, agents, hosts []ID
	for row := from; row < from+n; row++ {
		times, numbers = append(times, int64(row)), append(numbers, int64(row))
		client, _ := b.Intern(Client, fmt.Appendf(nil, "192.0.2.%d", row), nil)
		agent, _ := b.Intern(UserAgent, fmt.Appendf(nil, "agent %d", row%3), nil)
		host, _ := b.Intern(RefererHost, fmt.Appendf(nil, "http://%d.example/", row%4), nil)
		clients, agents, hosts = append(clients, client), append(agents, agent), append(hosts, host)
	}
	b.SetTimes(times)
	for _, c := range []Column{Status, Bytes, ASN} {
		b.SetNumbers(c, numbers, -1)
	}
	b.SetIDs(Client, clients)
	b.SetIDs(UserAgent, agents)
	b.SetIDs(RefererHost, hosts)
	b.SetTexts(Path, n, func(i int) []byte { return fmt.Appendf(nil, "/%d", from+i) }, nil)
	b.SetTexts(RequestID, n, func(i int) []byte { return []byte(ids[from+i]) }, nil)
}

// dump is the rows of a batch, by value.
func dump(b *Batch) (text string) {
	for i := range b.Rows {
		text += fmt.Sprintf("%d %s %d %d %d %s %s %s %q\n", b.Ints(Time)[i], b.Dicts.Clients.Addr(b.IDs(Client)[i]), b.Statuses()[i], b.Ints(Bytes)[i],
			b.ASNs()[i], b.Text(Path).At(i), b.Dicts.UserAgents.Bytes(b.IDs(UserAgent)[i]), b.Dicts.RefererHosts.Bytes(b.IDs(RefererHost)[i]), b.Text(RequestID).At(i))
	}
	return text
}
