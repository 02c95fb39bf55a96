package ingest

import (
	"context"
	"slices"
	"sync"
)

// queue hands the work of a reader to its streams: the inputs one after
// another, and then, to streams that would be idle, a part in the inputs that
// others read in blocks.
type queue struct {
	mu        sync.Mutex
	changed   chan struct{} // closed at the next change; nil while nobody waits for one
	order     []int         // of the inputs that no stream has taken, largest first
	undecided int           // inputs taken that may yet turn out to be read in blocks
	splits    []*split      // that have not been read to their end
	finished  int           // inputs read to their end, or to the fault in their account
}

// wait waits for a change, but not longer than ctx. It is called with mu held,
// and holds it again when it returns.
func (q *queue) wait(ctx context.Context) error {
	if q.changed == nil {
		q.changed = make(chan struct{})
	}
	changed := q.changed
	q.mu.Unlock()
	defer q.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// change wakes up whoever waits. It is called with mu held.
func (q *queue) change() {
	if q.changed != nil {
		close(q.changed)
		q.changed = nil
	}
}

// work is what a stream does next: it reads an input or joins in a split.
type work struct {
	input int
	split *split // nil: the input is read
}

// next waits for work; ok is false if there will be none. Who gets an input
// calls settle for it, once, and who gets a split calls its leave.
func (q *queue) next(ctx context.Context) (w work, ok bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if len(q.order) > 0 {
			w.input, q.order = q.order[0], q.order[1:]
			q.undecided++
			return w, true, nil
		}
		for _, s := range q.splits {
			if s.left() {
				s.readers++
				return work{split: s}, true, nil
			}
		}
		if q.undecided == 0 {
			return work{}, false, nil
		}
		if err := q.wait(ctx); err != nil {
			return work{}, false, err
		}
	}
}

// upcoming are up to n inputs that no stream has taken, the next one first.
func (q *queue) upcoming(n int) []int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.order[:min(n, len(q.order))])
}

// settle says what became of an input: s is how it is split, with the caller
// as its first reader, or nil if it is not.
func (q *queue) settle(s *split) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if s != nil {
		s.readers++
		if !s.alone {
			q.splits = append(q.splits, s)
		}
	}
	q.undecided--
	q.change()
}

// finish counts an input that has been read.
func (q *queue) finish() {
	q.mu.Lock()
	q.finished++
	q.mu.Unlock()
}
