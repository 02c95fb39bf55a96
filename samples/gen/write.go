package gen

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// gzipLevel is what the gzip command uses when it is told nothing.
const gzipLevel = 6

// Write writes the whole log, compressed if pack is set, as one file.
func (g *Generator) Write(w io.Writer, pack bool) (*Truth, error) {
	total := newTally(g.world)
	if err := g.writeStream(w, pack, 0, g.chunks(), total); err != nil {
		return nil, err
	}
	return g.truth(total), nil
}

// WriteFiles writes the log as n files into dir, which it makes: the rows are
// the same for any n. The files are called after the format.
func (g *Generator) WriteFiles(dir string, n int, pack bool) (*Truth, error) {
	if n < 1 || int64(n) > g.chunks() {
		return nil, fmt.Errorf("files %d: not between 1 and %d, the parts that the log is made of", n, g.chunks())
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	total := newTally(g.world)
	var mu sync.Mutex // guards total and failed
	var failed error
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			t := newTally(g.world)
			for i := range next {
				err := g.writeFile(dir, i, n, pack, t)
				mu.Lock()
				failed = cmp.Or(failed, err)
				mu.Unlock()
			}
			mu.Lock()
			total.merge(t)
			mu.Unlock()
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
	if failed != nil {
		return nil, failed
	}
	return g.truth(total), nil
}

func (g *Generator) writeFile(dir string, i, n int, pack bool, t *tally) (err error) {
	name := fmt.Sprintf("%s-%04d.log", g.form.name, i)
	if pack {
		name += ".gz"
	}
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	from, to := mulDiv(int64(i), g.chunks(), int64(n)), mulDiv(int64(i)+1, g.chunks(), int64(n))
	out, done := packer(f, pack)
	if err := g.writeSerial(out, from, to, t); err != nil {
		return err
	}
	return done()
}

// packer is a buffered or compressing writer to w, and how to finish it.
func packer(w io.Writer, pack bool) (out io.Writer, done func() error) {
	if !pack {
		buffered := bufio.NewWriterSize(w, 1<<18)
		return buffered, buffered.Flush
	}
	zw, err := gzip.NewWriterLevel(w, gzipLevel)
	if err != nil {
		panic(err) // gzipLevel is a level
	}
	return zw, zw.Close
}

// writeSerial writes the chunks from..to-1 on the caller's goroutine.
func (g *Generator) writeSerial(out io.Writer, from, to int64, t *tally) error {
	if err := g.writeHeader(out, t); err != nil {
		return err
	}
	var buf []byte
	for i := from; i < to; i++ {
		buf = g.appendChunk(buf[:0], i, t)
		if _, err := out.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

func (g *Generator) writeHeader(out io.Writer, t *tally) error {
	for _, c := range g.form.header {
		if c == '\n' {
			t.skipped++
		}
	}
	_, err := io.WriteString(out, g.form.header)
	return err
}

// made is a chunk on its way to the writer.
type made struct {
	text []byte
	t    *tally
}

// writeStream writes the chunks from..to-1, which several goroutines make, in
// their order.
func (g *Generator) writeStream(w io.Writer, pack bool, from, to int64, total *tally) error {
	out, done := packer(w, pack)
	if err := g.writeHeader(out, total); err != nil {
		return err
	}
	workers := runtime.GOMAXPROCS(0)
	// Each slot is a chunk's promise; its capacity bounds what is in memory.
	slots := make(chan chan made, 2*workers)
	idle := make(chan made, 2*workers+1)
	for range cap(idle) {
		idle <- made{t: newTally(g.world)}
	}
	stop := make(chan struct{})
	go func() {
		defer close(slots)
		for i := from; i < to; i++ {
			slot := make(chan made, 1)
			select {
			case slots <- slot:
			case <-stop:
				return
			}
			m := <-idle
			go func() {
				m.text = g.appendChunk(m.text[:0], i, m.t)
				slot <- m
			}()
		}
	}()
	var failed error
	for slot := range slots {
		m := <-slot
		if failed == nil {
			if _, failed = out.Write(m.text); failed != nil {
				close(stop)
			}
		}
		idle <- m
	}
	for range cap(idle) {
		total.merge((<-idle).t)
	}
	if failed != nil {
		return failed
	}
	return done()
}
