// Package fold runs an analysis over many streams at once and joins what each
// of them found. It owns the goroutines of package analyze, but for the one that
// unpacks the table of countries (geo.Database.Prepare).
package fold

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"rulecast/ingest/record"
)

// Analysis sees every batch of one stream. Add keeps nothing of the batch.
// Merge takes in another analysis of the same kind, whose stream has ended and
// which is not used again. The result is the same under any split of the
// requests into streams and any order of Add and Merge.
type Analysis[A any] interface {
	Add(*record.Batch) error
	Merge(A)
}

// Settler is an analysis that can do a part of what Merge needs before, when its
// stream has ended and others may go on.
type Settler interface{ Settle() }

// Finisher is an analysis that leaves work for when all streams have ended and
// are merged.
type Finisher interface{ Finish() }

// Together does several things at once and returns when all are done.
func Together(things ...func()) {
	var wg sync.WaitGroup
	for _, do := range things[1:] {
		wg.Go(do)
	}
	things[0]()
	wg.Wait()
}

// piecesEach is how many pieces Pieces makes for each processor: so many that
// one that takes long does not keep the others waiting.
const piecesEach = 32

// Pieces cuts the numbers from 0 to n-1 into pieces and has work done on them by
// as many goroutines as there are processors, each of which has a worker of its
// own. Which worker gets which piece is not determined. from is in the piece, to
// is not.
func Pieces(n int, worker func() (do func(from, to int))) {
	workers := min(runtime.GOMAXPROCS(0), n)
	pieces := min(workers*piecesEach, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			do := worker()
			for {
				i := int(next.Add(1)) - 1
				if i >= pieces {
					return
				}
				do(i*n/pieces, (i+1)*n/pieces)
			}
		})
	}
	wg.Wait()
}

// Run feeds each stream to an analysis of its own, in its own goroutine, and
// returns all of them merged. The first error, or the end of ctx, stops every
// stream. There is at least one stream.
func Run[A Analysis[A]](ctx context.Context, streams []record.Stream, start func() A) (A, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := make([]A, len(streams))
	errs := make([]error, len(streams))
	var wg sync.WaitGroup
	for i, s := range streams {
		parts[i] = start()
		wg.Go(func() {
			if errs[i] = s.Each(ctx, parts[i].Add); errs[i] != nil {
				cancel()
			} else if a, ok := any(parts[i]).(Settler); ok {
				a.Settle()
			}
		})
	}
	wg.Wait()
	if err := firstCause(errs); err != nil {
		var none A
		return none, err
	}
	for _, p := range parts[1:] {
		parts[0].Merge(p)
	}
	if a, ok := any(parts[0]).(Finisher); ok {
		a.Finish()
	}
	return parts[0], nil
}

// firstCause prefers the error that stopped the others to theirs of having
// been stopped.
func firstCause(errs []error) error {
	var stopped error
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		if err != nil {
			stopped = err
		}
	}
	return stopped
}
