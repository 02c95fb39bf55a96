// Package tally counts requests and bytes, and picks the largest of many.
package tally

import "slices"

// Counts is a number of requests and the bytes sent for them.
type Counts struct{ Requests, Bytes int64 }

// Add counts one request.
func (c *Counts) Add(bytes int64) {
	c.Requests++
	c.Bytes += bytes
}

// Plus is the sum of both.
func (c Counts) Plus(d Counts) Counts { return Counts{c.Requests + d.Requests, c.Bytes + d.Bytes} }

// Minus is what is left of c without d.
func (c Counts) Minus(d Counts) Counts { return Counts{c.Requests - d.Requests, c.Bytes - d.Bytes} }

// Listed divides the ids that have requests into the at most n first in the
// order of cmp, which must be total, and the rest in rising order.
func Listed(n int, all []Counts, cmp func(a, b int) int) (listed, rest []int) {
	first := make(map[int]bool, n)
	for _, id := range Top(n, len(all), cmp) {
		if all[id].Requests > 0 {
			listed = append(listed, id)
			first[id] = true
		}
	}
	some := 0
	for _, c := range all {
		if c.Requests > 0 {
			some++
		}
	}
	rest = make([]int, 0, some-len(listed))
	for id, c := range all {
		if c.Requests > 0 && !first[id] {
			rest = append(rest, id)
		}
	}
	return listed, rest
}

// Top returns the at most n first of the items 0 to total-1 in the order of
// cmp, which must be total for the result to be determined. It takes memory
// for n items and time in total*log n.
func Top(n, total int, cmp func(a, b int) int) []int {
	if n <= 0 {
		return nil
	}
	heap := make([]int, 0, min(n, total)) // the last in order is at the root
	down := func(i int) {
		for {
			child := 2*i + 1
			if child >= len(heap) {
				return
			}
			if child+1 < len(heap) && cmp(heap[child+1], heap[child]) > 0 {
				child++
			}
			if cmp(heap[child], heap[i]) <= 0 {
				return
			}
			heap[i], heap[child] = heap[child], heap[i]
			i = child
		}
	}
	for item := range total {
		if len(heap) < n {
			heap = append(heap, item)
			if len(heap) == n {
				for i := n/2 - 1; i >= 0; i-- {
					down(i)
				}
			}
		} else if cmp(item, heap[0]) < 0 {
			heap[0] = item
			down(0)
		}
	}
	slices.SortFunc(heap, cmp)
	return heap
}
