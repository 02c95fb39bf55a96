package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"rulecast/analyze/collateral"
	"rulecast/analyze/fetch"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/networks"
	"rulecast/analyze/policy"
	"rulecast/analyze/prefix"
	"rulecast/ingest"
	"rulecast/ingest/budget"
	"rulecast/ingest/record"
	"rulecast/report"
	"rulecast/report/view"
)

// The budget of memory. What is not about the values in a log, the program
// itself and the buffers of some workers, takes up to ownMemory.
const (
	defaultMemory = "8GiB"
	leastMemory   = 128 << 20
	ownMemory     = 64 << 20
)

// The costs of a value, in bytes: what the process was measured to need at most
// for each of a million different ones, and a third more, because tables double.
var (
	replayCosts   = budget.Costs{budget.IPv4: 340, budget.IPv6: 420, budget.RefererHosts: 560, budget.UserAgents: 790, budget.Hosts: 560, budget.Texts: 560}
	hotlinksCosts = budget.Costs{budget.IPv4: 280, budget.IPv6: 400, budget.RefererHosts: 1120, budget.UserAgents: 640, budget.Hosts: 640, budget.Texts: 560}
	judgeCosts    = budget.Costs{budget.IPv4: 1170, budget.IPv6: 1180, budget.RefererHosts: 1290, budget.UserAgents: 720, budget.Hosts: 640, budget.Texts: 560}
)

// mostPooledWorkers is how many workers read a log of which values are taken
// together: each keeps those that it meets, and what stays comes often.
const mostPooledWorkers = 4

// addMemory adds the flag of commands that keep something for each value.
func (f *inputFlags) addMemory(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.memory, "memory", defaultMemory, "memory to use, as a `SIZE` like 512MiB or 2GB: if there are more different Referer hosts, User-Agents or IPv6 addresses than fit, those with the fewest requests are taken together")
}

// sizeUnits are what a size may end with.
var sizeUnits = []struct {
	name  string
	bytes float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"b", 1}, {"", 1},
}

// budget reads --memory; 0 is none.
func (f *inputFlags) budget() (int64, error) {
	if f.memory == "" {
		return 0, nil
	}
	for _, unit := range sizeUnits {
		digits, ok := strings.CutSuffix(strings.ToLower(f.memory), unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if n *= unit.bytes; err != nil || !(n >= 0 && n < math.MaxInt64) {
			break
		}
		if n < leastMemory {
			return 0, usagef("--memory %s: must be at least %dMiB", f.memory, leastMemory>>20)
		}
		return int64(n), nil
	}
	return 0, usagef("--memory %q: must be a size like 512MiB or 2GB", f.memory)
}

// kept is what an analysis keeps of the values in a log, and which of them it
// has to see as they are.
type kept struct {
	costs    budget.Costs
	rulesets []*policy.Ruleset
	own      []string // sites
	lists    []*networks.Set
}

// judging adds what a judgement of traffic keeps.
func (k *kept) judging(o *collateral.Options) *kept {
	k.costs, k.own = judgeCosts, o.Hotlinks.Own
	k.lists = append(k.lists, o.Abuse.Allow, o.Abuse.Bad, o.Abuse.Protect, networks.Reserved())
	return k
}

// spared says which values must not be taken together with others.
func (r *reading) spared() *budget.Spared {
	k := r.kept
	s := &budget.Spared{Hosts: map[string]bool{}, Suffixes: map[string]bool{}, Served: map[string]bool{}, Agent: fetch.StandFor}
	for _, site := range k.own {
		s.Hosts[site], s.Suffixes[site] = true, true
	}
	var listed networkTable
	for _, rs := range k.rulesets {
		for i := range rs.Parts {
			s.Served[rs.Parts[i].Host] = true
		}
		for i := range rs.Rules {
			for _, e := range slices.Concat(rs.Rules[i].Entries, rs.Rules[i].Except) {
				switch e.Kind {
				case policy.HostEntry:
					s.Hosts[e.Text] = true
				case policy.SuffixEntry:
					s.Suffixes[strings.TrimPrefix(e.Text, "*.")] = true
				case policy.PrefixEntry:
					listed.add(e.Prefix)
				}
			}
		}
	}
	for _, list := range k.lists {
		for _, p := range list.Prefixes() {
			listed.add(p)
		}
	}
	if r.proxies != nil {
		for _, p := range r.proxies.prefixes {
			listed.add(p)
		}
	}
	s.Split = func(addr, first netip.Addr) bool {
		return listed.differ(addr, first) || r.countries.differ(addr, first)
	}
	return s
}

// networkTable tells addresses apart by the networks that they are in.
type networkTable struct {
	prefix.Map
	n int32
}

func (t *networkTable) add(p netip.Prefix) {
	if p.Addr().Is6() {
		t.Add(p, t.n)
		t.n++
	}
}

func (t *networkTable) differ(a, b netip.Addr) bool {
	return t.n > 0 && !slices.Equal(t.Covering(nil, a), t.Covering(nil, b))
}

// differ reports whether two addresses are in different countries.
func (c *countrySource) differ(a, b netip.Addr) bool {
	return c != nil && c.from != geo.LogOnly && c.db.Country(a) != c.db.Country(b)
}

// memoryError says that a log does not fit.
type memoryError struct{ text string }

func (e *memoryError) Error() string { return e.text }

// readWithin reads all within the budget of memory: once if what is kept of the
// values fits, and else again, to count how often each value comes, and a third
// time with the rarest of them taken together. None of that depends on the number
// of workers.
func readWithin[A fold.Analysis[A]](ctx context.Context, r *reading, start func() A) (A, error) {
	if r.budget == 0 {
		return read(ctx, r, r.flags.workers, start)
	}
	warnings := slices.Clone(r.warnings)
	r.Limit(budget.NewMeter(r.valueLimit(), r.kept.costs))
	a, err := read(ctx, r, r.flags.workers, start)
	r.Limit(nil) // it holds on to dictionaries
	over := (*budget.ExceededError)(nil)
	if !errors.As(err, &over) {
		return a, err
	}
	var none A
	if once := r.Once(); once != "" {
		return none, &memoryError{fmt.Sprintf("--memory %s is not enough: it has room for %s, and the log has more; "+
			"%s cannot be read again to see which of them come often: put it into a file, or give more memory",
			r.flags.memory, valueList(&over.Values), once)}
	}
	debug.FreeOSMemory() // what was kept for nothing
	survey, err := r.survey(ctx)
	if err != nil {
		return none, err
	}
	pool, ok := survey.Plan(r.spared())
	if !ok {
		return none, r.tooMany(survey)
	}
	r.warnings, r.options.Pooling = warnings, &pool.Pooling
	if err := r.reopen(ctx, r.options); err != nil {
		return none, err
	}
	meter := budget.NewMeter(r.valueLimit(), r.kept.costs)
	r.Limit(meter)
	a, err = read(ctx, r, min(r.flags.workers, mostPooledWorkers), start)
	r.Limit(nil)
	switch {
	case errors.As(err, &over):
		return none, r.tooMany(survey)
	case err == nil:
		r.pooled = &view.Pooled{Memory: r.flags.memory, Takes: survey.Takes() + ownMemory, Kinds: r.pooledBy(pool, meter.Values())}
	}
	return a, err
}

// valueLimit is what the values in the log may take.
func (r *reading) valueLimit() int64 { return r.budget - ownMemory }

// reopen finds the inputs again, for another reading of them.
func (r *reading) reopen(ctx context.Context, options ingest.Options) error {
	again, err := ingest.OpenContext(ctx, r.args, options)
	if err != nil {
		return openError(err)
	}
	r.Reader = again
	return nil
}

// survey counts how often each value comes.
func (r *reading) survey(ctx context.Context) (*budget.Survey, error) {
	options := r.options
	options.Columns, options.Rejects, options.Renew = options.Columns&budget.Columns(), "", true
	if err := r.reopen(ctx, options); err != nil {
		return nil, err
	}
	survey := budget.NewSurvey(r.valueLimit(), r.kept.costs)
	_, err := read(ctx, r, r.flags.workers, survey.New)
	return survey, err
}

// tooMany says what is too much even with all taken together that can be.
func (r *reading) tooMany(s *budget.Survey) error {
	values := s.Values()
	return &memoryError{fmt.Sprintf("--memory %s is not enough: the log has %s, for which %s would do; "+
		"give more memory, or a shorter time to each run (--since, --until)",
		r.flags.memory, valueList(&values), report.HumanBytes(s.Takes()+ownMemory))}
}

// valueList says how many values of each kind there are, but for those that are
// next to none of all.
func valueList(n *budget.Counts) string {
	var parts []string
	for k := range budget.NumKinds {
		if n[k] > slices.Max(n[:])/100 {
			parts = append(parts, view.About(n[k], k.Noun()))
		}
	}
	return strings.Join(parts, ", ")
}

// pooledBy says what was taken together, of which so many values are left.
func (r *reading) pooledBy(pool *budget.Pool, left budget.Counts) (kinds []view.PooledKind) {
	for _, k := range pool.Kinds {
		one := view.PooledKind{Noun: k.Kind.Noun(), Values: k.Values(left[k.Kind]), Below: k.Below, Bits: k.Bits}
		for c := range record.NumColumns {
			if k.Kind.Of(c) {
				one.Requests += r.Pooled(c)
			}
		}
		one.Values = min(one.Values, one.Requests) // it is an estimate
		kinds = append(kinds, one)
	}
	return kinds
}
