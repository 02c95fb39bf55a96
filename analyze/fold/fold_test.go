package fold_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"rulecast/analyze/fold"
	"rulecast/ingest/record"
)

// stream is a stream made of a function.
type stream func(ctx context.Context, fn func(*record.Batch) error) error

func (s stream) Each(ctx context.Context, fn func(*record.Batch) error) error { return s(ctx, fn) }

// rows hands out batches with these numbers of rows.
func rows(counts ...int) stream {
	return func(ctx context.Context, fn func(*record.Batch) error) error {
		for _, n := range counts {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := fn(&record.Batch{Rows: n}); err != nil {
				return err
			}
		}
		return nil
	}
}

// patient waits to be stopped.
func patient(ctx context.Context, _ func(*record.Batch) error) error {
	<-ctx.Done()
	return ctx.Err()
}

// seen is an analysis that remembers what it was given.
type seen struct {
	batches []int
	merged  bool // it was given to another one
	refuse  error
}

func (s *seen) Add(b *record.Batch) error {
	if s.merged {
		panic("added to after it was merged")
	}
	s.batches = append(s.batches, b.Rows)
	return s.refuse
}

func (s *seen) Merge(t *seen) {
	if s.merged || t.merged {
		panic("merged twice")
	}
	t.merged = true
	s.batches = append(s.batches, t.batches...)
}

func newSeen() *seen { return &seen{} }

func TestEveryBatchOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 9), 0, 5), 1, 20).Draw(t, "counts")
		var streams []record.Stream
		var want []int
		for _, c := range counts {
			streams = append(streams, rows(c...))
			want = append(want, c...)
		}
		started := 0
		got, err := fold.Run(context.Background(), streams, func() *seen { started++; return &seen{} })
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.batches, want) || started != len(streams) {
			t.Fatalf("%d analyses saw %v, want %v", started, got.batches, want)
		}
	})
}

var errFirst = errors.New("first")

func TestFirstErrorWins(t *testing.T) {
	broken := stream(func(context.Context, func(*record.Batch) error) error { return errFirst })
	late := stream(func(ctx context.Context, fn func(*record.Batch) error) error {
		time.Sleep(time.Second)
		return rows(1)(ctx, fn)
	})
	wrapping := stream(func(ctx context.Context, _ func(*record.Batch) error) error {
		<-ctx.Done()
		return fmt.Errorf("a.log: %w", ctx.Err())
	})
	for name, streams := range map[string][]record.Stream{
		"alone":        {broken},
		"before it":    {stream(patient), stream(patient), broken},
		"behind it":    {broken, stream(patient), wrapping},
		"done already": {rows(1, 2), rows(), broken},
		"not begun":    {late, broken, late},
	} {
		synctest.Test(t, func(t *testing.T) { // which fails unless every goroutine ends
			if a, err := fold.Run(context.Background(), streams, newSeen); err != errFirst || a != nil {
				t.Errorf("%s: %v, %v", name, a, err)
			}
		})
	}
}

func TestAddStopsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := 0
		start := func() *seen {
			started++
			if started == 2 {
				return &seen{refuse: errFirst}
			}
			return &seen{}
		}
		if _, err := fold.Run(context.Background(), []record.Stream{stream(patient), rows(1, 2, 3), stream(patient)}, start); err != errFirst {
			t.Error(err)
		}
	})
}

func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		var ended atomic.Int32
		waits := stream(func(ctx context.Context, fn func(*record.Batch) error) error {
			defer ended.Add(1)
			return patient(ctx, fn)
		})
		go func() {
			time.Sleep(time.Hour)
			cancel()
		}()
		_, err := fold.Run(ctx, []record.Stream{waits, rows(1), waits}, newSeen)
		if !errors.Is(err, context.Canceled) || ended.Load() != 2 {
			t.Errorf("%v, %d streams have ended", err, ended.Load())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := fold.Run(ctx, []record.Stream{stream(patient)}, newSeen); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// TestStreamsDoNotWait needs all streams to be read at once.
func TestStreamsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 8
		var here atomic.Int32
		all := make(chan struct{})
		meets := stream(func(ctx context.Context, fn func(*record.Batch) error) error {
			if here.Add(1) == n {
				close(all)
			}
			<-all
			return rows(1)(ctx, fn)
		})
		a, err := fold.Run(context.Background(), slices.Repeat([]record.Stream{meets}, n), newSeen)
		if err != nil || len(a.batches) != n {
			t.Errorf("%v, %v", a, err)
		}
	})
}

// TestPieces covers each number once, however many there are.
func TestPieces(t *testing.T) {
	for _, n := range []int{0, 1, 2, 31, 1000, 12345} {
		met := make([]atomic.Int32, n)
		fold.Pieces(n, func() func(from, to int) {
			return func(from, to int) {
				for i := from; i < to; i++ {
					met[i].Add(1)
				}
			}
		})
		for i := range met {
			if times := met[i].Load(); times != 1 {
				t.Errorf("%d of %d: %d times", i, n, times)
			}
		}
	}
}
