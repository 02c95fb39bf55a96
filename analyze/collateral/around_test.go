package collateral

import (
	"fmt"
	"net/netip"
	"testing"

	"rulecast/analyze/abuse"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// resident is a client with what matters to its neighbours.
type resident struct {
	addr     string
	weight   int64
	silent   int64 // of weight, what says only that it loads nothing
	assets   int64
	users    int64
	hours    uint8
	declared bool
	passing  bool
	busts    int64
	spared   abuse.Spared
	signals  abuse.Signals
}

// judged has residents look around.
func judged(t *testing.T, residents []resident) *Judgement {
	t.Helper()
	b := record.NewBuilder(record.ColumnSet(record.Client))
	j := &Judgement{Abuse: &abuse.Judgement{}}
	for _, r := range residents {
		b.SetClientAddr(netip.MustParseAddr(r.addr))
		b.Commit()
		c := &abuse.Client{
			All: tally.Counts{Requests: 100}, Assets: r.assets, Busts: r.busts, Weight: r.weight, Again: r.weight - r.silent, Signals: r.signals, Users: uint8(r.users), Hours: r.hours,
			Spared: r.spared, Declared: r.declared, Hard: r.weight == One,
		}
		j.Clients = append(j.Clients, weigh(c, r.passing))
	}
	j.Dicts = b.Flush(0).Dicts
	j.lookAround()
	return j
}

// soft is the set of one soft signal.
const soft = abuse.Signals(1 << abuse.Crawl)

// crowd are visitors who load files with browsers, each in a network of its own.
func crowd(n int) (out []resident) {
	for i := range n {
		out = append(out, resident{addr: fmt.Sprintf("10.%d.0.1", i), assets: 50, users: 1, hours: 3})
	}
	return out
}

func TestCountTwice(t *testing.T) {
	impostor := soft | 1<<abuse.Impostor
	for _, c := range []struct {
		what string
		resident
		want int64
	}{
		{"it loads nothing", resident{weight: 512, signals: soft}, 768},
		{"nothing but that speaks against it", resident{weight: 512, silent: 512, signals: soft}, 512},
		{"it loads files", resident{weight: 512, signals: soft, assets: 1}, 512},
		{"it says who it is", resident{weight: 512, signals: soft, declared: true}, 512},
		{"it says who it is not", resident{weight: 896, signals: impostor, declared: true}, 1008},
		{"it is bad beyond doubt", resident{weight: One, signals: soft}, One},
		{"nothing speaks against it", resident{}, 0},
	} {
		c.addr = "192.0.2.1"
		j := judged(t, append(crowd(3), c.resident))
		last := j.Clients[3]
		if last.Bad != c.want || last.Headless != (c.want > c.weight || c.silent > 0) {
			t.Errorf("%s: %d %v, want %d", c.what, last.Bad, last.Headless, c.want)
		}
	}
	buster := resident{addr: "192.0.2.1", weight: 768, signals: 1 << abuse.CacheBusting, assets: 9}
	for _, unversioned := range []bool{false, true} {
		j := judged(t, append(crowd(3), buster))
		j.Abuse.Unversioned = unversioned
		j.lookAround()
		if got, want := j.Clients[3].Bad, map[bool]int64{false: 768, true: 960}[unversioned]; got != want {
			t.Errorf("a buster, unversioned %v: %d, want %d", unversioned, got, want)
		}
	}
	lone := judged(t, []resident{{addr: "192.0.2.1", weight: 512, signals: soft}, {addr: "192.0.2.2"}})
	if c := lone.Clients[0]; c.Bad != 512 || c.Headless {
		t.Errorf("where no visitor loads files: %d %v", c.Bad, c.Headless)
	}
}

// TestWeigh gives weights to addresses of which each shows twenty browsers.
func TestWeigh(t *testing.T) {
	for _, c := range []struct {
		what       string
		client     abuse.Client
		passing    bool
		bad, users int64
	}{
		{"people, and an abuser", abuse.Client{Assets: 75, Weight: One}, false, One / 4, 20},
		{"few people, and many requests of an abuser", abuse.Client{Assets: 75, Busts: 60, Weight: One}, false, One * 85 / 100, 10},
		{"an abuser by many names", abuse.Client{Assets: 100, Busts: 98, Weight: 768}, false, 768, 1},
		{"who passes", abuse.Client{Assets: 75}, true, One / 2, 1},
		{"who passes and is suspect", abuse.Client{Assets: 75, Weight: 512}, true, 768, 1},
	} {
		c.client.All.Requests, c.client.Users = 100, 20
		if got := weigh(&c.client, c.passing); got.Bad != c.bad || got.Users != c.users || got.Passing != c.passing {
			t.Errorf("%s: %d of One, %d users, passing %v, want %d and %d", c.what, got.Bad, got.Users, got.Passing, c.bad, c.users)
		}
	}
}

// TestNeighbours puts clients into a network with some that are bad.
func TestNeighbours(t *testing.T) {
	bad := func(n int) (out []resident) {
		for i := range n {
			out = append(out, resident{addr: fmt.Sprintf("192.0.2.%d", 100+i), weight: One, signals: soft})
		}
		return out
	}
	for _, c := range []struct {
		what       string
		neighbours []resident
		resident
		want int64
	}{
		{"one bad neighbour", bad(1), resident{}, 0},
		{"two of two", bad(2), resident{}, One * 2 / 3},
		{"nine of nine", bad(9), resident{}, One * 9 / 10},
		{"nine of nine, and a suspicion", bad(9), resident{weight: 512, signals: soft, declared: true}, One - 512*103/One},
		{"a visitor", bad(9), resident{assets: 3, users: 1}, 0},
		{"one who passes", bad(9), resident{assets: 3, users: 40, passing: true}, One - 512*103/One},
		{"one who gets past the cache", bad(9), resident{assets: 3, busts: 3}, One * 9 / 10},
		{"one who does so as well", bad(9), resident{assets: 3, busts: 2}, 0},
		{"one who stays", bad(9), resident{hours: mostAroundHours + 1}, 0},
		{"a good bot", bad(9), resident{spared: abuse.GoodBot}, 0},
		{"among visitors", append(bad(2), resident{addr: "192.0.2.7", assets: 9, users: 1}, resident{addr: "192.0.2.8", hours: 100}), resident{}, One * 2 / 5},
		{"another short visit says nothing", append(bad(2), resident{addr: "192.0.2.7", hours: 1}), resident{}, One * 2 / 3},
	} {
		c.addr = "192.0.2.1"
		j := judged(t, append(append(crowd(9), c.neighbours...), c.resident))
		if got := j.Clients[len(j.Clients)-1].Bad; got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
}

// TestNeighboursOfV6 are those of a /64.
func TestNeighboursOfV6(t *testing.T) {
	j := judged(t, append(crowd(9),
		resident{addr: "2001:db8::1", weight: One}, resident{addr: "2001:db8::2", weight: One}, resident{addr: "2001:db8::3"}, resident{addr: "2001:db8:0:1::3"}))
	if near, far := j.Clients[11], j.Clients[12]; near.Bad != One*2/3 || near.Flagged != 2 || near.Others != 2 || far.Bad != 0 {
		t.Errorf("%d %+v, %d", near.Bad, near.Around, far.Bad)
	}
}
