package choose

import "rulecast/analyze/policy"

// networks is a Problem whose addresses change what they weigh. What the rules
// allow does not change with it.
type networks struct {
	*Problem
	run    *forest
	unitOf []int32 // of each client, in its family
	v4     []bool  // of each client
	own    [2]ownParts
	sums   [2][]weight
	marks  [2][]int32 // of units: the entry that denies it, from 1
}

// ownParts are those of the offers of a family that do not come from addresses.
type ownParts struct{ offers, kept []weight }

// newNetworks prepares the program for networks of a joint problem.
func newNetworks(p *JointProblem, t *table, unit int64) (*networks, error) {
	addresses := make([]Address, len(p.Clients))
	n := &networks{unitOf: make([]int32, len(p.Clients)), v4: make([]bool, len(p.Clients))}
	for i := range p.Clients {
		c := &p.Clients[i]
		addresses[i] = Address{
			Addr: c.Addr, Bits: c.Bits, NoSingle: c.NoSingle, Unseen: c.Unseen, Users: c.Users, Good: t.ip[i].cost, Bad: t.ip[i].gain / unit,
		}
		n.v4[i] = c.Addr.Is4() || c.Addr.Is4In6()
	}
	var err error
	if n.Problem, err = newProblem(addresses, p.IP, n.unitOf); err != nil {
		return nil, err
	}
	n.o.Price = Whole(t.prices[policy.IP])
	n.scale = 1
	n.run = newForest(n.Problem)
	for i, f := range n.families {
		n.sums[i] = make([]weight, len(f.keys)+1)
		n.marks[i] = make([]int32, len(f.keys))
		n.own[i] = f.ownParts(unit)
	}
	return n, nil
}

func (f *family) ownParts(unit int64) ownParts {
	own := ownParts{make([]weight, len(f.offers)), make([]weight, len(f.kept))}
	part := func(o *offer, u units) weight {
		s := f.sum(u)
		return weight{(o.gain - s.bad) * unit, o.cost - s.good}
	}
	for node := range f.offers {
		if f.length[node] > 0 {
			own.offers[node] = part(&f.offers[node], f.spans[node])
		}
	}
	for i := range f.kept {
		own.kept[i] = part(&f.kept[i].offer, f.kept[i].units)
	}
	return own
}

// weigh changes what the clients weigh.
func (n *networks) weigh(weights []weight) {
	for i := range n.sums {
		clear(n.sums[i])
	}
	for i, w := range weights {
		family := 1
		if n.v4[i] {
			family = 0
		}
		n.sums[family][n.unitOf[i]+1].add(w)
	}
	for i, f := range n.families {
		sums, own := n.sums[i], &n.own[i]
		for u := range f.keys {
			sums[u+1].add(sums[u])
		}
		between := func(w weight, u units) offer {
			w.add(sums[u.hi])
			w.take(sums[u.lo])
			return offer(w)
		}
		for node := range f.offers {
			if f.length[node] > 0 {
				f.offers[node] = between(own.offers[node], f.spans[node])
			}
		}
		for k := range f.kept {
			f.kept[k].offer = between(own.kept[k], f.kept[k].units)
		}
	}
}

// solve finds the best list for what the clients weigh now, and marks whom it
// denies.
func (n *networks) solve(denied []bool) *Solution {
	s := n.Problem.solve(n.run)
	for i := range n.marks {
		clear(n.marks[i])
	}
	for entry := range s.items {
		i := &s.items[entry]
		u := n.families[i.family].unitsOfItem(i)
		marks := n.marks[i.family][u.lo:u.hi]
		for j := range marks {
			marks[j] = int32(entry + 1)
		}
	}
	for i := range denied {
		denied[i] = n.entryOf(i) >= 0
	}
	return s
}

// entryOf is the entry of the last list that denies a client, or -1.
func (n *networks) entryOf(client int) int {
	family := 1
	if n.v4[client] {
		family = 0
	}
	return int(n.marks[family][n.unitOf[client]]) - 1
}
