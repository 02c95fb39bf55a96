package choose

import "testing"

// checkSearch holds a solution against the best list there is that keeps the
// limits, and returns what it is worth in parts of that one.
func (w *world) checkSearch(t *testing.T, seed uint64, s *Solution) float64 {
	l := w.o.limits()
	most := w.o.MaxCollateral.or(1 << 60)
	var best list
	w.everyList(w.entry, func(all list) {
		if w.allows(all, l) && w.stops(all) <= most && all.value() > best.value() {
			best = all
		}
	})
	got := solved(s.Entries)
	switch {
	case !w.allows(got, l) || w.stops(got) > most:
		t.Fatalf("seed %d: the list breaks the limits: %v", seed, got)
	case s.Value != got.value() || s.Value > best.value() || s.Bound < best.value():
		t.Fatalf("seed %d: value %d, best %d, bound %d", seed, s.Value, best.value(), s.Bound)
	case s.Exact && s.Value != best.value():
		t.Fatalf("seed %d: value %d is not the best, %d", seed, s.Value, best.value())
	case best.value() == 0:
		return 1
	}
	return float64(s.Value) / float64(best.value())
}

func TestMaxCollateral(t *testing.T) {
	sum, exact, n := 0.0, 0, 0
	for seed := range uint64(6000) {
		r := even(seed)
		w := r.world(3, 12)
		w.o.Price.Num = 0
		w.o.MaxCollateral = AtMost(int64(r(12)))
		p, err := New(w.addresses, w.o)
		if err != nil {
			t.Fatal(err)
		}
		if seed%4 == 0 {
			p.steps = 1 // the limit on new entries is a matter of price too
		}
		s := p.Solve()
		part := w.checkSearch(t, seed, s)
		if s.run.steps != p.steps { // it took a search
			n++
			sum += part
			if s.Exact {
				exact++
			}
		}
	}
	t.Logf("%.2f%% of the best on average of %d, %d known to be the best", 100*sum/float64(n), n, exact)
	if sum < 0.99*float64(n) {
		t.Error("too far from the best")
	}
}

// TestMaxNewPriced leaves the program no room to limit new entries exactly.
func TestMaxNewPriced(t *testing.T) {
	sum, n := 0.0, 0
	for seed := range uint64(3000) {
		r := even(seed)
		w := r.world(3, 12)
		w.o.MaxNew = AtMost(int64(r(3)))
		p, err := New(w.addresses, w.o)
		if err != nil {
			t.Fatal(err)
		}
		p.steps = 0
		s := p.Solve()
		part := w.checkSearch(t, seed, s)
		if len(s.Entries) > 0 {
			n++
			sum += part
		}
	}
	t.Logf("%.2f%% of the best on average of %d", 100*sum/float64(n), n)
	if sum < 0.99*float64(n) {
		t.Error("too far from the best")
	}
}
