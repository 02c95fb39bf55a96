package ingest

import (
	"context"
	"hash/maphash"
	"math"
	"path"
	"regexp"
	"slices"
	"sync"

	"rulecast/ingest/record"
)

// maxRepeatIDs bounds the ids that are remembered; they take some 20 bytes each.
const maxRepeatIDs = 1 << 23

// deliveredHour is the beginning of the names that CloudFront gives to the logs
// of a distribution and hour, in each of the forms in which it delivers them.
// Source: "Log file names" of standard logs v1 and v2 in Amazon's CloudFront
// Developer Guide.
var deliveredHour = regexp.MustCompile(`^[0-9A-Z]+\.\d{4}-\d\d-\d\d-\d\d\.`)

// Repeats is what LeaveRepeats has found.
type Repeats struct {
	Inputs  int  // that may have requests of others
	TooMany bool // they have more requests than can be told apart: all are read
}

// LeaveRepeats leaves out requests that are delivered twice: a distribution may
// write standard logs v1 and v2, and the folder of each may be among the inputs.
// Inputs whose names say the same distribution and hour, but which are not in
// the same directory, are read ahead for the ids of their requests; of those
// with the same id, in whatever input, the ones in the directory that comes
// first by name are kept. The others count as duplicates. Ids are compared by
// their hashes: among 2^23 of 64 bits, the odds that two are equal by chance
// are 1 in 500,000. It is called once, behind LeaveCopies and before Streams.
// The error is that of ctx.
func (r *Reader) LeaveRepeats(ctx context.Context, workers int) (Repeats, error) {
	delivered := r.delivered()
	found := Repeats{Inputs: len(delivered)}
	if len(delivered) == 0 {
		return found, nil
	}
	ids := &repeatIDs{seed: maphash.MakeSeed(), first: make(map[uint64]uint32)}
	if err := r.collect(ctx, workers, delivered, ids); err != nil {
		return found, err
	}
	if found.TooMany = ids.full; !found.TooMany {
		r.repeats, r.delivery = ids, delivered
		r.columns |= record.ColumnSet(record.RequestID)
	}
	return found, nil
}

// delivered gives each input that may have requests of others the number of its
// directory, in the order of their names.
func (r *Reader) delivered() map[int]uint32 {
	hours := make(map[string][]int)
	for i, src := range r.sources {
		if hour := deliveredHour.FindString(path.Base(src.Name)); hour != "" && r.inputs[i].CopyOf == "" {
			hours[hour] = append(hours[hour], i)
		}
	}
	var candidates []int
	var dirs []string
	for _, inputs := range hours {
		dir := func(i int) string { return path.Dir(r.sources[i].Name) }
		if !slices.ContainsFunc(inputs, func(i int) bool { return dir(i) != dir(inputs[0]) }) {
			continue
		}
		for _, i := range inputs {
			candidates = append(candidates, i)
			dirs = append(dirs, dir(i))
		}
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	numbers := make(map[int]uint32, len(candidates))
	for _, i := range candidates {
		number, _ := slices.BinarySearch(dirs, path.Dir(r.sources[i].Name))
		numbers[i] = uint32(number)
	}
	return numbers
}

// repeatIDs is, for each request id, the first directory that has it.
type repeatIDs struct {
	seed  maphash.Seed
	lock  sync.Mutex // until all are collected
	first map[uint64]uint32
	full  bool
}

// add takes in the ids of a batch of an input in a directory, and reports
// whether there is room for more.
func (t *repeatIDs) add(b *record.Batch, dir uint32) bool {
	ids := b.Text(record.RequestID)
	t.lock.Lock()
	defer t.lock.Unlock()
	for i := range b.Rows {
		id := ids.At(i)
		if len(id) == 0 {
			continue
		}
		hash := maphash.Bytes(t.seed, id)
		if known, ok := t.first[hash]; !ok || dir < known {
			t.first[hash] = dir
		}
	}
	t.full = t.full || len(t.first) > maxRepeatIDs
	return !t.full
}

// earlier returns what tells, of a request in a directory, whether an earlier
// one has it, too.
func (t *repeatIDs) earlier(dir uint32) func(id []byte) bool {
	return func(id []byte) bool {
		if len(id) == 0 {
			return false
		}
		first, ok := t.first[maphash.Bytes(t.seed, id)]
		return ok && first < dir
	}
}

// collect reads the ids of all inputs but those in the last directory, which
// nothing comes after. What cannot be read is of no account here: it will be
// found again.
func (r *Reader) collect(ctx context.Context, workers int, delivered map[int]uint32, ids *repeatIDs) error {
	last := uint32(0)
	for _, dir := range delivered {
		last = max(last, dir)
	}
	ahead := &Reader{
		columns: record.ColumnSet(record.RequestID), since: math.MinInt64, until: math.MaxInt64, remote: r.remote,
		maxLine: r.maxLine, forced: r.forced, mapped: r.mapped, detect: r.detect, block: r.block, splits: r.splits,
	}
	var dirs []uint32 // by input of ahead
	for i, src := range r.sources {
		if dir, ok := delivered[i]; ok && dir < last {
			ahead.sources = append(ahead.sources, src)
			dirs = append(dirs, dir)
		}
	}
	ahead.plan()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	streams := ahead.Streams(workers)
	errs := make([]error, len(streams))
	var wg sync.WaitGroup
	for i, s := range streams {
		wg.Go(func() {
			errs[i] = s.Each(ctx, func(b *record.Batch) error {
				if !ids.add(b, dirs[b.Input]) {
					cancel()
				}
				return nil
			})
		})
	}
	wg.Wait()
	if ids.full {
		return nil
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
