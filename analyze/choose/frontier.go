package choose

// Point is what a list of some length is and stops.
type Point struct {
	Entries   int // what was asked for; the list may be shorter
	Value     int64
	Bad, Good int64 // weights
	Unseen    int64 // good weight expected of addresses never seen
	Users     int64 // good users
	Kept      int   // entries of Options.Previous
}

// Frontier is what the best lists of at most k entries are, for each k given;
// without any, for each of Steps(Options.Max). Where the Solution is not exact
// they are the best lists at its Price.
func (s *Solution) Frontier(ks ...int) []Point {
	if len(ks) == 0 {
		ks = Steps(s.limits.all)
	}
	picks := s.run.picks(s.limits)
	points := make([]Point, 0, len(ks))
	for _, k := range ks {
		items := s.run.items(picks[max(0, min(k, len(picks)-1))])
		point := Point{Entries: k}
		for i := range items {
			e := items[i].entry(s.run.p)
			point.Value += e.Value
			point.Bad += e.Bad
			point.Good += e.Good
			point.Unseen += e.Unseen
			point.Users += e.Users
			if e.Kept {
				point.Kept++
			}
		}
		points = append(points, point)
	}
	return points
}

// Steps are numbers from 1 to most: all of them up to 200, then each about a
// twentieth more than the last, and most.
func Steps(most int) []int {
	var ks []int
	for k := 1; k < most; k += max(1, k/200*10) {
		ks = append(ks, k)
	}
	if most > 0 {
		ks = append(ks, most)
	}
	return ks
}
