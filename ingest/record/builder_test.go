package record

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/ingest/referer"
)

// row is a request as a naive model keeps it: what Batch says of it, as text.
type row [NumColumns]string

// absentRow is a row of which nothing was set.
func absentRow() (r row) {
	r[Time], r[Bytes], r[Status], r[ASN] = fmt.Sprint(NoTime), "0", "0", "0"
	r[RefererHost] = "(missing)"
	return r
}

// rowsOf reads a batch back, whatever columns it has.
func rowsOf(b *Batch) []row {
	rows := make([]row, b.Rows)
	for i := range rows {
		for c := range NumColumns {
			if b.Has(c) {
				rows[i][c] = valueOf(b, c, i)
			}
		}
	}
	return rows
}

func valueOf(b *Batch, c Column, i int) string {
	switch c {
	case Time, Bytes:
		return fmt.Sprint(b.Ints(c)[i])
	case Status:
		return fmt.Sprint(b.Statuses()[i])
	case ASN:
		return fmt.Sprint(b.ASNs()[i])
	case Client:
		return b.Dicts.Clients.Addr(b.IDs(c)[i]).String()
	case RefererHost:
		return b.Dicts.RefererHosts.String(b.IDs(c)[i])
	case Forwarded, Path, Query, Referer, RequestID:
		return string(b.Text(c).At(i))
	}
	return b.Dicts.Strings(c).String(b.IDs(c)[i])
}

// project empties the columns that are not asked for.
func (r row) project(wants Columns) row {
	for c := range NumColumns {
		if !wants.Has(c) {
			r[c] = ""
		}
	}
	return r
}

// set sets some columns, drawn at random, in the builder and in the model.
func set(t *rapid.T, b *Builder, want *row) {
	words := rapid.SampledFrom([]string{"", "-", "a", "b%20c", "HIT", "Miss", strings.Repeat("x", 300)})
	for _, c := range rapid.SliceOfN(rapid.SampledFrom(allColumns()), 0, 12).Draw(t, "columns") {
		n := rapid.Int64Range(0, 999).Draw(t, "number")
		word := words.Draw(t, "word")
		switch c {
		case Time:
			b.SetTime(n)
			want[c] = fmt.Sprint(n)
		case Bytes:
			b.SetBytes(n)
			want[c] = fmt.Sprint(n)
		case Status:
			b.SetStatus(uint16(n))
			want[c] = fmt.Sprint(n)
		case ASN:
			b.SetASN(uint32(n))
			want[c] = fmt.Sprint(n)
		case Client:
			setClient(b, want, n)
		case Country:
			code := rapid.SampledFrom([]string{"de", "US", "xx", "ZZ", "-", "Greece", ""}).Draw(t, "country")
			b.SetCountry([]byte(code))
			want[c] = map[string]string{"de": "DE", "US": "US"}[code]
		case Host:
			b.SetHost([]byte("WWW.Example.com:80"))
			want[c] = "www.example.com"
		case Referer, RefererHost:
			setReferer(t, b, want)
		case Forwarded, Path, Query, RequestID:
			b.SetText(c, []byte(word), percent)
			want[c] = decoded(word)
		default:
			b.SetString(c, []byte(word), percent)
			want[c] = decoded(word)
		}
	}
}

func setClient(b *Builder, want *row, n int64) {
	addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(n)})
	if n%2 == 0 {
		b.SetClientAddr(netip.AddrFrom16(addr.As16()))
	} else if !b.SetClient([]byte(addr.String())) {
		panic("no address")
	}
	want[Client] = addr.String()
}

func setReferer(t *rapid.T, b *Builder, want *row) {
	raw := rapid.SampledFrom([]string{"-", "", "http://A.example:80/x%20y", "https://b%2Eexample", "null", "http://a b/",
		"http://a..b/"}).Draw(t, "referer")
	b.SetReferer([]byte(raw), percent)
	want[Referer] = decoded(raw)
	host, class := referer.Parse(percent(nil, []byte(raw)))
	want[RefererHost] = host + class.String()
}

func decoded(word string) string {
	if word == "-" {
		return ""
	}
	return string(percent(nil, []byte(word)))
}

func allColumns() (all []Column) {
	for c := range NumColumns {
		all = append(all, c)
	}
	return all
}

// modelReject is a Reject as the model keeps it.
type modelReject struct {
	Line   int64
	Reason string
	Sample string
}

// TestBuilderModel compares what comes out of a builder, under random sets,
// commits, rejects, flushes and windows, with rows kept in the plainest way.
func TestBuilderModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wants := Columns(rapid.Uint32Range(0, uint32(AllColumns)).Draw(t, "wants"))
		b := NewBuilder(wants)
		since, until, windowed := int64(100), int64(800), wants.Has(Time) && rapid.Bool().Draw(t, "windowed")
		if windowed {
			b.SetWindow(since, until)
		}
		var want, got []row
		var wantRejects, gotRejects []modelReject
		var wantOutside, line int64
		flush := func() {
			batch := b.Flush(3)
			if batch.Input != 3 || batch.Rows != b.Rows() || batch.Arrow().NumRows() != int64(batch.Rows) {
				t.Fatalf("input %d, %d rows, builder has %d, Arrow %d", batch.Input, batch.Rows, b.Rows(), batch.Arrow().NumRows())
			}
			got = append(got, rowsOf(batch)...)
			for _, r := range batch.Rejects {
				gotRejects = append(gotRejects, modelReject{r.Line, r.Reason, string(r.Sample)})
			}
			b.Reset()
		}
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			line++
			model := absentRow()
			switch step := rapid.IntRange(0, 99).Draw(t, "step"); {
			case step == 0:
				flush()
			case step <= 20:
				set(t, b, &model)
				raw := strings.Repeat("z", int(line*10))
				b.Reject(line, "bad", []byte(raw))
				wantRejects = append(wantRejects, modelReject{line, "bad", raw[:min(len(raw), MaxRejectSample)]})
			default:
				setClient(b, &model, line) // a record without an address is a reject
				set(t, b, &model)
				b.Commit()
				if us := model[Time]; windowed && (len(us) != 3 || us < "100" || us >= "800") {
					wantOutside++
				} else {
					want = append(want, model.project(wants))
				}
			}
		}
		flush()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("rows (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(wantRejects, gotRejects); diff != "" {
			t.Fatalf("rejects (-want +got):\n%s", diff)
		}
		if n := b.TakeOutside(); n != wantOutside || b.TakeOutside() != 0 {
			t.Fatalf("%d rows outside the window; want %d", n, wantOutside)
		}
	})
}

// A batch of no rows answers all the same.
func TestEmptyBatch(t *testing.T) {
	b := NewBuilder(AllColumns)
	for range 2 {
		b.Reject(7, "bad", []byte("line"))
		batch := b.Flush(0)
		if batch.Rows != 0 || len(batch.Rejects) != 1 || len(rowsOf(batch)) != 0 || batch.Arrow().NumCols() != int64(NumColumns) {
			t.Errorf("%d rows, %d rejects", batch.Rows, len(batch.Rejects))
		}
		for c := range NumColumns {
			n := -1
			switch c {
			case Time, Bytes:
				n = len(batch.Ints(c))
			case Status:
				n = len(batch.Statuses())
			case ASN:
				n = len(batch.ASNs())
			case Forwarded, Path, Query, Referer, RequestID:
				if batch.Text(c).OK() {
					n = 0
				}
			default:
				n = len(batch.IDs(c))
			}
			if n != 0 || !batch.Has(c) {
				t.Errorf("%v: length %d", c, n)
			}
		}
		b.Reset()
	}
}

func TestProjectedBatch(t *testing.T) {
	b := NewBuilder(0)
	b.SetPresent(ColumnSet(Time, Client))
	b.SetTime(1)
	b.Commit()
	batch := b.Flush(0)
	if batch.Rows != 1 || batch.Present != ColumnSet(Time, Client) || b.Presence().All() != batch.Present {
		t.Errorf("%d rows with %v", batch.Rows, batch.Present)
	}
	if batch.Ints(Time) != nil || batch.Statuses() != nil || batch.ASNs() != nil || batch.IDs(Client) != nil || batch.Text(Path).OK() {
		t.Error("columns that nobody asked for are there")
	}
	b.NextInput()
	if p := b.Presence(); p.All() != 0 {
		t.Errorf("after NextInput, %v", p.All())
	}
}

// TestPresence counts, row by row, which columns the log had.
func TestPresence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := NewBuilder(0)
		var want [NumColumns]int64
		var now Columns
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				now = Columns(rapid.Uint32Range(0, uint32(AllColumns)).Draw(t, "columns"))
				b.SetPresent(now)
			case 1:
				b.Flush(0)
				b.Reset()
			case 2:
				b.Reject(1, "no", nil)
			default:
				b.Commit()
				for c := range NumColumns {
					if now.Has(c) {
						want[c]++
					}
				}
			}
		}
		if got := b.Presence().Rows; got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

func TestFull(t *testing.T) {
	b := NewBuilder(AllColumns)
	for i := range BatchRows {
		if b.Full() {
			t.Fatalf("full with %d rows", i)
		}
		b.SetClient([]byte("192.0.2.1"))
		b.SetText(Path, []byte("/x"), nil)
		b.Commit()
	}
	if !b.Full() || b.Flush(0).Rows != BatchRows {
		t.Errorf("not full with %d rows", b.Rows())
	}
	b.Reset()
	for range BatchRows {
		b.Reject(1, "bad", nil)
	}
	if !b.Full() {
		t.Error("not full with as many rejects")
	}
}

// A second value for a column takes the place of the first, also when it is
// "absent".
func TestSetTwice(t *testing.T) {
	b := NewBuilder(AllColumns)
	for _, second := range []string{"-", "", "second"} {
		b.SetClient([]byte("192.0.2.1"))
		b.SetText(Path, []byte("first, and longer"), nil)
		b.SetString(Method, []byte("first"), nil)
		b.SetHost([]byte("first"))
		b.SetText(Path, []byte(second), nil)
		b.SetString(Method, []byte(second), nil)
		b.SetHost([]byte(second))
		b.Commit()
	}
	for i, r := range rowsOf(b.Flush(0)) {
		want := []string{"", "", "second"}[i]
		if r[Path] != want || r[Method] != want || r[Host] != want {
			t.Errorf("row %d: %q %q %q; want %q", i, r[Path], r[Method], r[Host], want)
		}
	}
}

// Rows of known values cost no memory.
func TestRowsDoNotAllocate(t *testing.T) {
	for _, wants := range []Columns{AllColumns, ColumnSet(Time, Bytes), 0} {
		b := NewBuilder(wants)
		client, withPort, host := []byte("2001:DB8::1"), []byte("192.0.2.1:1234"), []byte("WWW.example.com")
		agent, path, link := []byte("Mozilla%2F5.0"), []byte("/a/path"), []byte("https://example.com:8080/page")
		country := []byte("de")
		rows := func() {
			for i := range BatchRows {
				b.SetTime(int64(i))
				b.SetClient(client)
				b.SetClient(withPort)
				b.SetCountry(country)
				b.SetHost(host)
				b.SetText(Path, path, nil)
				b.SetReferer(link, nil)
				b.SetString(UserAgent, agent, upper)
				b.Commit()
			}
			b.Reset()
		}
		rows() // fills the dictionaries and grows the buffers
		if n := testing.AllocsPerRun(3, rows); n != 0 {
			t.Errorf("%v: %v allocations in %d rows", wants, n, BatchRows)
		}
	}
}

func upper(dst, src []byte) []byte { return append(dst, bytes.ToUpper(src)...) }

// TestDictionaryGrows puts in more values than the first tables hold, some
// longer than a chunk, and finds them all again.
func TestDictionaryGrows(t *testing.T) {
	s := newStrings()
	value := func(i int) []byte {
		if i%5000 == 7 {
			return bytes.Repeat([]byte(fmt.Sprint(i)), chunkSize/3)
		}
		return fmt.Append(nil, "value ", i)
	}
	for range 2 {
		for i := range 20_000 {
			if id := s.intern(value(i), nil); id != ID(i+1) {
				t.Fatalf("value %d has id %d", i, id)
			}
		}
	}
	for i := range 20_000 {
		if !bytes.Equal(s.Bytes(ID(i+1)), value(i)) {
			t.Fatalf("value %d is %.40q", i, s.Bytes(ID(i+1)))
		}
	}
	if s.Len() != 20_001 || len(s.Bytes(Absent)) != 0 {
		t.Errorf("%d values, absent is %q", s.Len(), s.Bytes(Absent))
	}
}

// Text and ids of a hostile log: names of classes are no hosts.
func TestRefererClassesAreNoHosts(t *testing.T) {
	r := newRefererHosts()
	for c := referer.ClassAbsent; c < referer.NumClasses; c++ {
		if id := r.intern([]byte("http://"+c.String()+"/"), nil); r.Class(id) != referer.ClassMalformed {
			t.Errorf("host %s has class %v", c, r.Class(id))
		}
	}
	if id := r.intern([]byte("http://example.com/"), nil); r.Class(id) != referer.ClassHost || r.String(id) != "example.com" {
		t.Errorf("%q, class %v", r.String(id), r.Class(id))
	}
	if r.Len() != int(referer.NumClasses)+1 {
		t.Errorf("%d entries", r.Len())
	}
}

func TestColumns(t *testing.T) {
	s := ColumnSet(Client, Time).Union(ColumnSet(Action))
	if got, want := s.String(), "time client action"; got != want {
		t.Errorf("%q; want %q", got, want)
	}
	if !s.Has(Client) || s.Has(Path) || NumColumns.String() != "invalid" || !AllColumns.Has(Action) || AllColumns.Has(NumColumns) {
		t.Errorf("%b", s)
	}
}
