package ingest

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"io"
	"os"
	"slices"

	"rulecast/ingest/record"
)

// leastCopy is the size of the smallest file that is looked at, in bytes: logs
// of hardly any lines may well be equal, and say different things.
const leastCopy = 1 << 10

// mostCompared is with how many files of one size and one beginning a file is
// compared: equal beginnings are rare but in copies.
const mostCompared = 4

// LeaveCopies leaves out the files that have, byte for byte, the content of
// another one: of equal ones the first by name is read, in whatever order they
// were given. The accounts of the others count all of its requests as
// duplicates. What is not a file, or has less than 1 KiB, is read in any case.
// It is called once, before Streams; the error is that of ctx.
func (r *Reader) LeaveCopies(ctx context.Context) error {
	bySize := make(map[int64][]int)
	for i, src := range r.sources {
		if src.Path != "" && src.Size >= leastCopy {
			bySize[src.Size] = append(bySize[src.Size], i)
		}
	}
	for size, group := range bySize {
		if len(group) == 1 {
			continue
		}
		if err := r.findCopies(ctx, group); err != nil {
			return err
		}
		if r.total >= 0 {
			for _, i := range group {
				if r.inputs[i].CopyOf != "" {
					r.total -= size
				}
			}
		}
	}
	n := len(r.queue.order)
	r.queue.order = slices.DeleteFunc(r.queue.order, func(i int) bool { return r.inputs[i].CopyOf != "" })
	r.queue.finished += n - len(r.queue.order)
	return nil
}

// findCopies looks for copies among files of one size.
func (r *Reader) findCopies(ctx context.Context, group []int) error {
	slices.SortFunc(group, func(i, j int) int {
		return cmp.Or(cmp.Compare(r.sources[i].Name, r.sources[j].Name), cmp.Compare(i, j))
	})
	seed := maphash.MakeSeed()
	originals := make(map[uint64][]int) // by the hash of their beginning
	for _, i := range group {
		if err := ctx.Err(); err != nil {
			return err
		}
		hash, ok := hashHead(seed, r.sources[i].Path)
		if !ok {
			continue // whoever reads it will say why
		}
		for _, other := range originals[hash] {
			same, err := sameContent(ctx, r.sources[i].Path, r.sources[other].Path)
			if err != nil {
				return err
			}
			if same {
				r.inputs[i].CopyOf = r.inputs[other].Name
				r.copies = append(r.copies, copied{of: other, input: i})
				break
			}
		}
		if r.inputs[i].CopyOf == "" && len(originals[hash]) < mostCompared {
			originals[hash] = append(originals[hash], i)
		}
	}
	return nil
}

// copied is an input that is left out because it is a copy.
type copied struct{ of, input int }

// account is that of a copy, once that of its original is complete.
func (c copied) account(inputs []record.Input) record.Input {
	original := &inputs[c.of]
	return record.Input{
		Name: inputs[c.input].Name, CopyOf: original.Name, Format: original.Format, Title: original.Title,
		Because: original.Because, Packing: original.Packing, Lines: original.Lines, Skipped: original.Skipped,
		Duplicates: original.Lines - original.Skipped, Err: original.Err,
	}
}

// hashHead hashes the beginning of a file; false if it cannot be read.
func hashHead(seed maphash.Seed, path string) (uint64, bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	head := make([]byte, 4<<10)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, false
	}
	return maphash.Bytes(seed, head[:n]), true
}

// sameContent compares two files. One that cannot be read is like no other;
// the error is that of ctx.
func sameContent(ctx context.Context, path, other string) (bool, error) {
	const size = 256 << 10
	f, err := os.Open(path)
	if err != nil {
		return false, nil
	}
	defer f.Close()
	g, err := os.Open(other)
	if err != nil {
		return false, nil
	}
	defer g.Close()
	a, b := bufio.NewReaderSize(f, size), bufio.NewReaderSize(g, size)
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		p, fault := a.Peek(size)
		q, otherFault := b.Peek(size)
		if !bytes.Equal(p, q) || fault != otherFault || fault != nil && fault != io.EOF {
			return false, nil
		}
		if fault == io.EOF {
			return true, nil
		}
		a.Discard(len(p))
		b.Discard(len(q))
	}
}
