package gen

import (
	"encoding/json"
	"io"
	"strings"
)

// Labels are the truth about a town: what everybody in its log is. Those who
// ask for nothing are not in it.
type Labels struct {
	Days    int      `json:"days"`
	Own     []string `json:"own"` // hosts
	Good    int64    `json:"good_requests"`
	Bad     int64    `json:"bad_requests"`     // for the IP control
	Evasion int64    `json:"evasion_requests"` // to which hotlinkers led that hide where they are

	Clients []LabelledClient `json:"clients"`
	Hosts   []LabelledHost   `json:"hosts"`
}

// LabelledClient is a client address. Good and Bad are its requests by day, for
// the IP control: a person who sees a hotlinked picture is good. An address that
// an abuser shares with others has both, and is not Bad.
type LabelledClient struct {
	Address    string  `json:"address"`
	Population string  `json:"population"`
	Layout     string  `json:"layout,omitempty"` // of a bad one: how its network is used
	IsBad      bool    `json:"is_bad"`
	People     int     `json:"people,omitempty"` // who share the address, if more than one
	Good       []int64 `json:"good,omitempty"`   // none if all are 0
	Bad        []int64 `json:"bad,omitempty"`
}

// LabelledHost is a Referer host, own ones included. Its requests are the sum
// of the counts that follow, but for those of own hosts, which are nothing else.
type LabelledHost struct {
	Host        string `json:"host"`
	Site        string `json:"site"`
	Population  string `json:"population"`
	IsHotlinker bool   `json:"is_hotlinker"`
	Requests    int64  `json:"requests"`
	Led
	Days []Led `json:"by_day"`
}

// Led are the requests that name a host in their Referer.
type Led struct {
	Embeds      int64 `json:"embeds"`     // of people who do not come to our pages
	OwnEmbeds   int64 `json:"own_embeds"` // of people who do, at the same time
	Navigations int64 `json:"navigations"`
	Forged      int64 `json:"forged"` // of programs
}

// Plus is the sum of two.
func (l Led) Plus(m Led) Led {
	return Led{l.Embeds + m.Embeds, l.OwnEmbeds + m.OwnEmbeds, l.Navigations + m.Navigations, l.Forged + m.Forged}
}

// labelTally counts what the labels have.
type labelTally struct {
	days    map[clientDay]goodBad
	hosts   [][numReasons]int64 // by host, and for each by day
	evasion int64
}

type clientDay struct{ client, day int32 }

type goodBad [2]int64

func newLabelTally(w *world) *labelTally {
	return &labelTally{days: map[clientDay]goodBad{}, hosts: make([][numReasons]int64, len(w.hosts)*w.town.days)}
}

func (l *labelTally) add(h *hour, why reason) {
	key := clientDay{int32(h.me), int32(h.day)}
	n := l.days[key]
	if h.bad {
		n[1]++
	} else {
		n[0]++
	}
	l.days[key] = n
	if h.r.refererID >= 0 {
		l.hosts[h.r.refererID*h.t.days+h.day][why]++
	}
	if why == blanked {
		l.evasion++
	}
}

func (l *labelTally) merge(m *labelTally) {
	for k, n := range m.days {
		sum := l.days[k]
		l.days[k] = goodBad{sum[0] + n[0], sum[1] + n[1]}
	}
	for i, counts := range m.hosts {
		for why, n := range counts {
			l.hosts[i][why] += n
		}
	}
	l.evasion += m.evasion
}

// labels are what the tally of a whole log amounts to.
func (t *town) labels(l *labelTally) *Labels {
	out := &Labels{Days: t.days, Own: []string{t.w.pageHost, t.w.imageHost}, Evasion: l.evasion}
	byClient := make([][2][]int64, len(t.w.clients))
	for key, n := range l.days {
		for k, sum := range []*int64{&out.Good, &out.Bad} {
			if n[k] == 0 {
				continue
			}
			*sum += n[k]
			days := &byClient[key.client][k]
			if *days == nil {
				*days = make([]int64, t.days)
			}
			(*days)[key.day] = n[k]
		}
	}
	for id, days := range byClient {
		if days[0] == nil && days[1] == nil {
			continue
		}
		p := populations[t.population[id]]
		c := LabelledClient{Address: t.w.clients[id].addr, Population: p.name, IsBad: p.bad, People: int(t.crowd[id]), Good: days[0], Bad: days[1]}
		if days[1] != nil {
			c.Layout = layouts[t.layout[id]].name
		}
		out.Clients = append(out.Clients, c)
	}
	out.Hosts = t.labelledHosts(l)
	return out
}

func (t *town) labelledHosts(l *labelTally) []LabelledHost {
	var out []LabelledHost
	for id, host := range t.w.hosts {
		trade := trades[t.trade[id]]
		h := LabelledHost{Host: host.name, Site: siteOf(host.name), Population: trade.name, IsHotlinker: trade.hotlinker}
		for _, counts := range l.hosts[id*t.days : (id+1)*t.days] {
			led := Led{Embeds: counts[embedded], OwnEmbeds: counts[embeddedUs], Navigations: counts[followed], Forged: counts[forged]}
			h.Days = append(h.Days, led)
			h.Led = h.Led.Plus(led)
			for _, n := range counts {
				h.Requests += n
			}
		}
		if h.Requests > 0 {
			out = append(out, h)
		}
	}
	return out
}

// Ranges writes the networks that the town's good bots publish, in the form of
// Google's lists of its crawlers. It writes an empty list for other scenarios.
func (g *Generator) Ranges(w io.Writer) error {
	type prefix struct {
		V4 string `json:"ipv4Prefix,omitempty"`
		V6 string `json:"ipv6Prefix,omitempty"`
	}
	list := struct {
		Created  string   `json:"creationTime"`
		Prefixes []prefix `json:"prefixes"`
	}{g.o.Start.UTC().Format("2006-01-02T15:04:05.000000"), []prefix{}}
	if g.world.town != nil {
		for _, p := range g.world.town.ranges {
			if p.Addr().Is4() {
				list.Prefixes = append(list.Prefixes, prefix{V4: p.String()})
			} else {
				list.Prefixes = append(list.Prefixes, prefix{V6: p.String()})
			}
		}
	}
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.Copy(w, strings.NewReader(string(text)+"\n"))
	return err
}
