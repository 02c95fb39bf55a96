package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"rulecast/ingest/format"
	"rulecast/ingest/record"
)

// toy is a format for tests: "ADDRESS TIME PATH", comments and blank lines.
func toy() *format.Format {
	return &format.Format{
		Name: "toy",
		Sniff: func(head []byte, whole bool) string {
			if bytes.HasPrefix(head, []byte("#toy")) {
				return ""
			}
			return "no #toy line"
		},
		New: func() format.Decoder { return toyDecoder{} },
	}
}

type toyDecoder struct{}

const reasonToy = "no address"

func (toyDecoder) Decode(block []byte, b *record.Builder, at *format.Position) (n int) {
	for n < len(block) && !b.Full() {
		nl := bytes.IndexByte(block[n:], '\n')
		if nl < 0 {
			panic("block does not end with a line")
		}
		line := bytes.TrimSuffix(block[n:n+nl], []byte("\r"))
		n += nl + 1
		at.Line++
		if len(line) == 0 || line[0] == '#' {
			at.Skipped++
			continue
		}
		client, rest, _ := bytes.Cut(line, []byte(" "))
		var us int64
		var path []byte
		fmt.Sscan(string(rest), &us, &path)
		b.SetPresent(record.ColumnSet(record.Client, record.Path, record.Time))
		b.SetTime(us)
		b.SetText(record.Path, path, nil)
		if !b.SetClient(client) {
			b.Reject(at.Line, reasonToy, line)
			continue
		}
		b.Commit()
	}
	return n
}

// toyTable is a columnar format for tests: "TOY1", and a row in each further
// byte, of which '!' is a bad one and '?' damage. Each '|' ends a part.
func toyTable() *format.Format {
	return &format.Format{
		Name: "toytable",
		Sniff: func(head []byte, whole bool) string {
			if bytes.HasPrefix(head, []byte("TOY1")) {
				return ""
			}
			return "no TOY1 at the beginning"
		},
		OpenTable: func(r io.ReaderAt, size int64, wants record.Columns) (format.Table, error) {
			data := make([]byte, size)
			if _, err := r.ReadAt(data, 0); err != nil {
				return nil, err
			}
			if size == 4 {
				return nil, errors.New("no rows")
			}
			return toyParts(strings.Split(string(data[4:]), "|")), nil
		},
	}
}

type toyParts []string

func (toyParts) Present() record.Columns {
	return record.ColumnSet(record.Client, record.Time, record.Path)
}

func (t toyParts) Parts() (sizes []int64) {
	for _, part := range t {
		sizes = append(sizes, int64(len(part)))
	}
	return sizes
}

func (t toyParts) NewReader(*format.TableMemory) format.TableReader { return &toyRows{table: t} }

type toyRows struct {
	table toyParts
	part  int
	data  string
}

func (t *toyRows) Begin(part int) error {
	runtime.Gosched() // to let other streams have a turn
	t.part, t.data = part, t.table[part]
	if strings.HasPrefix(t.data, "??") {
		return fmt.Errorf("part %d: damaged", part)
	}
	return nil
}

func (*toyRows) Close() error { return nil }

func (t *toyRows) Read(b *record.Builder, at *format.Position) error {
	b.SetPresent(t.table.Present())
	for ; !b.Full(); t.data = t.data[1:] {
		switch {
		case len(t.data) == 0:
			return io.EOF
		case t.data[0] == '?':
			return fmt.Errorf("part %d: damaged page", t.part)
		}
		at.Line++
		if t.data[0] == '!' {
			b.Reject(at.Line, reasonToy, []byte("!\n!"))
			continue
		}
		b.SetClient([]byte("192.0.2.1"))
		b.SetTime(at.Line)
		b.SetText(record.Path, []byte(t.data[:1]), nil)
		b.Commit()
	}
	return nil
}

func detectToy(head []byte, whole bool) (*format.Format, []format.Miss) {
	var misses []format.Miss
	for _, f := range []*format.Format{toyTable(), toy()} {
		missed := f.Sniff(head, whole)
		if missed == "" {
			return f, misses
		}
		misses = append(misses, format.Miss{Format: f.Name, Missed: missed})
	}
	return nil, misses
}

// outcome is all that reading yields, in a form that can be compared.
type outcome struct {
	Rows    []string // "INPUT CLIENT TIME PATH", sorted by input only
	Rejects []string // "INPUT:LINE REASON SAMPLE"
	Inputs  []record.Input
	File    string // of rejects
}

// run reads the inputs in n streams at the same time.
func run(t *testing.T, n int, opts Options, args ...string) outcome {
	t.Helper()
	opts.Columns = opts.Columns.Union(record.ColumnSet(record.Client, record.Time, record.Path))
	opts.Rejects = filepath.Join(t.TempDir(), "rejects")
	r, err := Open(args, opts)
	if err != nil {
		t.Fatal(err)
	}
	r.detect = detectToy
	var mu sync.Mutex
	var wg sync.WaitGroup
	rows, rejects := make([][]string, len(r.inputs)), make([][]string, len(r.inputs))
	for _, s := range r.Streams(n) {
		wg.Go(func() {
			err := s.Each(context.Background(), func(b *record.Batch) error {
				mu.Lock()
				defer mu.Unlock()
				for i := range b.Rows {
					rows[b.Input] = append(rows[b.Input], fmt.Sprintf("%d %v %d %s", b.Input,
						b.Dicts.Clients.Addr(b.IDs(record.Client)[i]), b.Ints(record.Time)[i], b.Text(record.Path).At(i)))
				}
				for _, r := range b.Rejects {
					rejects[b.Input] = append(rejects[b.Input], fmt.Sprintf("%d:%d %s %s", b.Input, r.Line, r.Reason, r.Sample))
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(opts.Rejects)
	if err != nil {
		t.Fatal(err)
	}
	out := outcome{Rows: slices.Concat(rows...), Rejects: slices.Concat(rejects...), Inputs: r.Inputs(), File: string(file)}
	for _, in := range out.Inputs {
		if in.Lines != in.Rows+in.Rejects+in.Skipped+in.Duplicates+in.Outside {
			t.Errorf("%s: %d lines, but %d rows, %d rejects, %d skipped, %d outside",
				in.Name, in.Lines, in.Rows, in.Rejects, in.Skipped, in.Outside)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(opts.Rejects), ".*")); left != nil {
		t.Errorf("left behind: %q", left)
	}
	return out
}

// write makes a file in a directory of the test's own.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// toyLog is a log of n lines, of which every 17th is bad.
func toyLog(n int) string {
	var b strings.Builder
	b.WriteString("#toy\n")
	for i := range n - 1 {
		if i%17 == 16 {
			fmt.Fprintf(&b, "bad%d %d /x\n", i, i)
		} else {
			fmt.Fprintf(&b, "192.0.2.%d %d /path/%d\n", i%256, i, i)
		}
	}
	return b.String()
}
