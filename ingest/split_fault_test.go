package ingest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rulecast/ingest/format"
	"rulecast/ingest/record"
)

// openSplit opens a toy log to be read in small blocks by two streams.
func openSplit(t *testing.T, path string, opts Options) (r *Reader, one, other record.Stream) {
	t.Helper()
	r, err := Open([]string{path}, opts)
	if err != nil {
		t.Fatal(err)
	}
	r.detect, r.block = detectToy, 4096
	streams := r.Streams(2)
	return r, streams[0], streams[1]
}

// Two streams get requests of one file at the same time, unless it is to be
// read whole.
func TestSplitIsShared(t *testing.T) {
	const lines = 30_000
	path := write(t, "a.log", toyLog(lines))
	for _, whole := range []bool{false, true} {
		r, one, other := openSplit(t, path, Options{Whole: whole})
		var wg sync.WaitGroup
		got := make(chan *record.Stream, 100) // who got a batch
		arrived := map[*record.Stream]chan struct{}{&one: make(chan struct{}), &other: make(chan struct{})}
		for _, s := range []*record.Stream{&one, &other} {
			peer := arrived[&one]
			if s == &one {
				peer = arrived[&other]
			}
			wg.Go(func() {
				var once sync.Once
				if err := (*s).Each(context.Background(), func(*record.Batch) error {
					once.Do(func() { close(arrived[s]) })
					if !whole {
						<-peer // comes only if the peer gets some, too
					}
					got <- s
					return nil
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		close(got)
		who := map[*record.Stream]int{}
		for s := range got {
			who[s]++
		}
		if whole == (len(who) == 2) {
			t.Errorf("whole=%v: %d streams got batches", whole, len(who))
		}
		if in := r.Inputs()[0]; in.Lines != lines || in.BytesRead != int64(len(toyLog(lines))) || in.Err != nil {
			t.Errorf("whole=%v: %+v", whole, in)
		}
	}
}

// What was there before a file shrinks counts, and the account says that it is
// not all; the line at the new end is no row. What a file grows by counts, too.
func TestSplitOfChangingFile(t *testing.T) {
	text := toyLog(30_000)
	half := strings.Index(text, "192.0.2.7 20231 ") + 5 // in the middle of a line
	more := strings.Repeat("192.0.2.1 9 /more\n", 1000)
	for _, tt := range []struct {
		name   string
		change func(path string) error
		want   string // what is read
		err    error
	}{
		{"shrinks", func(path string) error { return os.Truncate(path, int64(half)) }, text[:half], errShrunk},
		{"vanishes", func(path string) error { return os.Truncate(path, 0) }, "", errShrunk},
		{"grows", func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteString(more)
			return err
		}, text + more, nil},
	} {
		path := write(t, "a.log", text)
		rejects := filepath.Join(filepath.Dir(path), "rejects")
		r, one, _ := openSplit(t, path, Options{Rejects: rejects})
		changed := false
		if err := one.Each(context.Background(), func(*record.Batch) error {
			if changed {
				return nil
			}
			changed = true
			return tt.change(path)
		}); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		in := r.Inputs()[0]
		if in.Err != tt.err || in.Lines != in.Rows+in.Rejects+in.Skipped+in.Duplicates {
			t.Errorf("%s: %+v", tt.name, in)
		}
		if tt.want == "" {
			continue // as much as had been read
		}
		lines := int64(strings.Count(tt.want, "\n"))
		if !strings.HasSuffix(tt.want, "\n") {
			lines++
		}
		file, err := os.ReadFile(rejects)
		cut := strings.Count(string(file), ReasonCutOff)
		if err != nil || in.Lines != lines || in.BytesRead != int64(len(tt.want)) || (cut == 1) != (tt.err != nil) {
			t.Errorf("%s: %d lines, %d bytes, %d cut off, %v; want %d, %d", tt.name, in.Lines, in.BytesRead, cut, err, lines, len(tt.want))
		}
	}
}

// An error of one callee ends its stream, and the other leaves the input
// alone; no file of rejects appears.
func TestSplitCalleeError(t *testing.T) {
	for _, written := range []bool{true, false} {
		splitCalleeError(t, written)
	}
}

// splitCalleeError lets rejects be written or not. Only if they are, all lines
// have their numbers by then, and the account names some.
func splitCalleeError(t *testing.T, written bool) {
	path := write(t, "a.log", toyLog(60_000))
	var opts Options
	if written {
		opts.Rejects = filepath.Join(filepath.Dir(path), "rejects")
	}
	r, one, other := openSplit(t, path, opts)
	full := errors.New("disk full")
	failed := make(chan struct{})
	var wg sync.WaitGroup
	for _, s := range []record.Stream{one, other} {
		wg.Go(func() {
			var mine error
			err := s.Each(context.Background(), func(*record.Batch) error {
				select {
				case <-failed:
				default:
					close(failed)
					mine = full
				}
				return mine
			})
			if err != mine {
				t.Errorf("error %v; want %v", err, mine)
			}
		})
		if s == one {
			<-failed
		}
	}
	wg.Wait()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	in := r.Inputs()[0]
	if err != nil || len(left) != 1 || in.Err != full || !written && in.Reasons != nil {
		t.Errorf("%v left behind, %v; account says %v, %v", left, err, in.Err, in.Reasons)
	}
}

// A stream that waits for the block of another stops waiting when its context
// ends, and when the other gives up.
func TestSplitWaiting(t *testing.T) {
	for _, cancelled := range []bool{true, false} {
		r, _, _ := openSplit(t, write(t, "a.log", toyLog(1000)), Options{})
		file, err := r.sources[0].Open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		sp := &split{reader: r, file: file, format: toy(), blocks: 5, readers: 2}
		sp.take() // block 0, which never gets passed
		number, _ := sp.take()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		result := make(chan error)
		go func() {
			_, ok, err := sp.pass(ctx, &block{number: number})
			if ok {
				t.Error("block 1 was passed before block 0")
			}
			result <- err
		}()
		for waiting := false; !waiting; time.Sleep(time.Millisecond) {
			r.queue.mu.Lock()
			waiting = r.queue.changed != nil
			r.queue.mu.Unlock()
		}
		var want error
		if cancelled {
			cancel()
			want = context.Canceled
		} else {
			sp.leave(&reading{account: new(record.Input)}, nil, errors.New("disk full"))
		}
		if err := <-result; err != want {
			t.Errorf("cancelled=%v: %v", cancelled, err)
		}
		if left := sp.left(); left != cancelled {
			t.Errorf("cancelled=%v: blocks left: %v", cancelled, left)
		}
		file.Close()
	}
}

// Cancelling ends all streams of a split, and those that wait for an input to
// be split.
func TestSplitCancel(t *testing.T) {
	path := write(t, "a.log", toyLog(60_000))
	r, one, other := openSplit(t, path, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.detect = func(head []byte, whole bool) (*format.Format, []format.Miss) {
		cancel() // while the other stream waits, if it has begun
		return detectToy(head, whole)
	}
	var wg sync.WaitGroup
	for _, s := range []record.Stream{one, other} {
		wg.Go(func() {
			if err := s.Each(ctx, func(*record.Batch) error { return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		})
	}
	wg.Wait()
	if err := r.Inputs()[0].Err; !errors.Is(err, context.Canceled) {
		t.Errorf("account says %v", err)
	}
}
