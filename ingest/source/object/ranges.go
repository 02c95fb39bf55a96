package object

import (
	"context"
	"errors"
	"io"
	"sync"
)

// How an object is read in parts.
const (
	pageSize   = 1 << 20
	runPages   = 4  // most pages that one request asks for
	aheadPages = 16 // most pages that are asked for before a reader of all wants them
	maxStreaks = 96 // columns and the like that are followed
	liveReads  = 1024
)

// access is a way to read an object.
type access struct {
	slack int64 // bytes that may lie between reads that are still in a row
	ahead int64 // most bytes asked for before they are wanted
	pages int   // most pages in memory, those on their way among them
	each  int   // and so many more for each streak in the last liveReads reads
}

// inOrder is for those who read all of an object, with several readers that
// may overtake each other: 24 MiB.
func inOrder() access {
	return access{slack: 8 * pageSize, ahead: aheadPages * pageSize, pages: aheadPages + 8}
}

// anywhere is for those who read a column here and a column there: 8 MiB, and
// 2 MiB for each of at most maxStreaks columns that are being read.
func anywhere() access {
	return access{slack: 16 << 10, ahead: pageSize, pages: 8, each: 2}
}

// ranges is the parts of an object that were read last, and those that are
// likely to be read next. It may be used by several goroutines.
type ranges struct {
	ctx     context.Context
	cancel  context.CancelFunc
	origin  origin
	retry   *Retry
	buffers *buffers
	size    int64
	version version
	running sync.WaitGroup // requests

	mu      sync.Mutex
	pages   map[int64]*page
	clock   int64 // counts reads
	streaks []*streak
}

// streak is reading in a row.
type streak struct {
	from, to int64
	next     int64 // page behind those that were asked for
	used     int64
}

// page is pageSize bytes of an object, or what is left at its end.
type page struct {
	ready chan struct{} // closed when data and err are final
	data  []byte
	err   error // behind data
	users int   // under the lock, as are used and read
	used  int64
	read  bool
}

// newRanges has nothing yet of what d reads. When it is closed, it cancels d's
// context.
func newRanges(d *download, cancel context.CancelFunc, b *buffers) *ranges {
	return &ranges{ctx: d.ctx, cancel: cancel, origin: d.origin, retry: d.retry, buffers: b,
		size: d.size, version: d.version, pages: make(map[int64]*page)}
}

// begin takes the first page from d.
func (r *ranges) begin(d *download) {
	pg := &page{ready: make(chan struct{})}
	r.pages[0] = pg
	r.running.Go(func() { r.fill(d, []*page{pg}, 0) })
}

// close ends the reading and waits for the requests to end.
func (r *ranges) close() {
	r.cancel()
	r.running.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	for number, pg := range r.pages {
		if pg.users == 0 {
			r.drop(number, pg)
		}
	}
}

// readAt implements io.ReaderAt.
func (r *ranges) readAt(p []byte, off int64, how access) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative position")
	}
	for n < len(p) {
		at := off + int64(n)
		if at >= r.size {
			return n, io.EOF
		}
		want := min(int64(len(p)-n), r.size-at, pageSize-at%pageSize)
		pg := r.acquire(at, want, how)
		m, err := r.copy(p[n:n+int(want)], pg, int(at%pageSize))
		r.release(pg)
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

// copy waits for a page and copies a part of it.
func (r *ranges) copy(p []byte, pg *page, from int) (int, error) {
	select {
	case <-pg.ready:
	default:
		select {
		case <-pg.ready:
		case <-r.ctx.Done():
			return 0, r.ctx.Err()
		}
	}
	n := 0
	if from < len(pg.data) {
		n = copy(p, pg.data[from:])
	}
	if n < len(p) {
		return n, pg.err
	}
	return n, nil
}

// acquire returns the page with a position, of which n bytes will be read, and
// asks for it and for those that follow as the case may be.
func (r *ranges) acquire(at, n int64, how access) *page {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock++
	number := at / pageSize
	pg := r.pages[number]
	if pg == nil {
		pg = r.run(number, 1)
	}
	pg.users++
	pg.used, pg.read = r.clock, true
	s := r.follow(at, how.slack)
	s.used, s.to, s.next = r.clock, max(s.to, at+n), max(s.next, number+1)
	r.ahead(s, number, how)
	if len(r.pages) > how.pages {
		r.evict(how.pages+how.each*r.live(), how.slack)
	}
	return pg
}

// follow finds the streak that goes on at a position, or begins one.
func (r *ranges) follow(at, slack int64) *streak {
	var oldest *streak
	for _, s := range r.streaks {
		if s.to-slack <= at && at <= s.to+slack {
			return s
		}
		if oldest == nil || s.used < oldest.used {
			oldest = s
		}
	}
	if len(r.streaks) < maxStreaks {
		oldest = new(streak)
		r.streaks = append(r.streaks, oldest)
	}
	*oldest = streak{from: at, to: at}
	return oldest
}

// live is how many streaks there were lately.
func (r *ranges) live() (n int) {
	for _, s := range r.streaks {
		if r.clock-s.used < liveReads {
			n++
		}
	}
	return n
}

// ahead asks for what follows: twice as much as was read in a row, in requests
// of several pages unless reading would have to wait.
func (r *ranges) ahead(s *streak, current int64, how access) {
	end := min(s.to+min(2*(s.to-s.from), how.ahead), r.size)
	target := end / pageSize
	if end == r.size {
		target = (r.size + pageSize - 1) / pageSize
	}
	if target-s.next < runPages && s.next > current+1 && end < r.size {
		return
	}
	for s.next < target {
		n := int64(0)
		for s.next+n < target && n < runPages && r.pages[s.next+n] == nil {
			n++
		}
		if n > 0 {
			r.run(s.next, n)
		}
		s.next += max(n, 1)
	}
}

// run begins a request for n pages, and returns the first.
func (r *ranges) run(number, n int64) *page {
	run := make([]*page, n)
	for i := range run {
		run[i] = &page{ready: make(chan struct{}), used: r.clock}
		r.pages[number+int64(i)] = run[i]
	}
	d := &download{ctx: r.ctx, origin: r.origin, retry: r.retry, at: number * pageSize,
		until: min((number+n)*pageSize, r.size), size: r.size, version: r.version, known: true}
	r.running.Go(func() { r.fill(d, run, number) })
	return run[0]
}

// fill reads pages, of which the first has a number.
func (r *ranges) fill(d *download, run []*page, number int64) {
	defer d.close()
	var err error
	for i, pg := range run {
		if err == nil {
			size := min(pageSize, r.size-(number+int64(i))*pageSize)
			buf := r.buffers.get(int(size))
			var n int
			n, err = io.ReadFull(d, buf)
			pg.data = buf[:n]
		}
		pg.err = err
		close(pg.ready)
	}
}

func (r *ranges) release(pg *page) {
	r.mu.Lock()
	pg.users--
	r.mu.Unlock()
}

// evict forgets the pages that were not used for longest, but not those that
// will be wanted.
func (r *ranges) evict(kept int, slack int64) {
	for len(r.pages) > kept {
		oldest, spared := int64(-1), false
		for number, pg := range r.pages {
			if pg.users > 0 || !pg.done() {
				continue
			}
			awaited := !pg.read && r.awaited(number, slack)
			if oldest < 0 || spared && !awaited || spared == awaited && pg.used < r.pages[oldest].used {
				oldest, spared = number, awaited
			}
		}
		if oldest < 0 {
			return
		}
		r.drop(oldest, r.pages[oldest])
	}
}

// awaited reports whether a page lies between the last reader of a streak and
// what was asked for.
func (r *ranges) awaited(number, slack int64) bool {
	for _, s := range r.streaks {
		if (s.to-slack)/pageSize <= number && number < s.next {
			return true
		}
	}
	return false
}

func (pg *page) done() bool {
	select {
	case <-pg.ready:
		return true
	default:
		return false
	}
}

func (r *ranges) drop(number int64, pg *page) {
	delete(r.pages, number)
	r.buffers.put(pg.data)
	pg.data = nil
}

// view is ranges as they are read in one way.
type view struct {
	*ranges
	how access
}

// ReadAt implements io.ReaderAt.
func (v view) ReadAt(p []byte, off int64) (int, error) { return v.readAt(p, off, v.how) }

// inSequence reads all of an object.
type inSequence struct {
	*ranges
	at int64
}

// Read implements io.Reader. It returns what has come, without waiting for
// more.
func (s *inSequence) Read(p []byte) (int, error) {
	n, err := s.readAt(p[:min(int64(len(p)), pageSize-s.at%pageSize)], s.at, inOrder())
	s.at += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}
