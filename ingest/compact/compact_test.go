package compact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"rulecast/ingest"
	"rulecast/ingest/format"
	"rulecast/ingest/record"
)

// dump is every column of every row of a batch.
func dump(b *record.Batch) []string {
	var rows []string
	for i := range b.Rows {
		var sb strings.Builder
		for c := range record.NumColumns {
			if b.Has(c) {
				fmt.Fprintf(&sb, " %v=%s", c, dumpValue(b, c, i))
			}
		}
		rows = append(rows, sb.String())
	}
	return rows
}

func dumpValue(b *record.Batch, c record.Column, i int) string {
	switch c {
	case record.Time, record.Bytes:
		return fmt.Sprint(b.Ints(c)[i])
	case record.Status:
		return fmt.Sprint(b.Statuses()[i])
	case record.ASN:
		return fmt.Sprint(b.ASNs()[i])
	case record.Client:
		return b.Dicts.Clients.Addr(b.IDs(c)[i]).String()
	case record.RefererHost:
		return fmt.Sprintf("%d %q", b.Dicts.RefererHosts.Class(b.IDs(record.RefererHost)[i]), b.Dicts.RefererHosts.Bytes(b.IDs(c)[i]))
	}
	if dict := b.Dicts.Strings(c); dict != nil {
		return fmt.Sprintf("%q", dict.Bytes(b.IDs(c)[i]))
	}
	return fmt.Sprintf("%q", b.Text(c).At(i))
}

func read(t interface{ Fatal(...any) }, path string, wants record.Columns) (rows []string, present record.Columns) {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	table, err := format.Named("parquet").OpenTable(file, info.Size(), wants)
	if err != nil {
		t.Fatal(err)
	}
	b := record.NewBuilder(wants)
	err = readAll(table, b, func() {
		batch := b.Flush(0)
		rows = append(rows, dump(batch)...)
		if len(batch.Rejects) > 0 {
			t.Fatal("reject: ", batch.Rejects[0].Reason)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, table.Present()
}

// readAll reads all parts of a table, and calls flush before each Reset.
func readAll(table format.Table, b *record.Builder, flush func()) error {
	r := table.NewReader(nil)
	defer r.Close()
	for part := range table.Parts() {
		err := r.Begin(part)
		for err == nil {
			err = r.Read(b, &format.Position{})
			flush()
			b.Reset()
		}
		if err != io.EOF {
			return err
		}
	}
	return nil
}

// fill draws a batch of random rows, with all that an attacker may write.
func fill(t *rapid.T, b *record.Builder) {
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "-", "a", "GET", "hit", "\xff\xfe", "\ue000\uef80\uefff\uf000", "\x00\n", "é"}), rapid.String())
	referers := rapid.OneOf(text, rapid.SampledFrom([]string{"http://Evil.example:80/x", "https://[::1]/", "about:blank", "android-app://x", "http://", "x-y:z", " ", "chrome-extension://a"}))
	raw := func(name string) []byte { return []byte(text.Draw(t, name)) }
	for range rapid.IntRange(0, 30).Draw(t, "rows") {
		if rapid.Bool().Draw(t, "timed") {
			b.SetTime(rapid.Int64Range(-1e15, 4e15).Draw(t, "time"))
		}
		b.SetClientAddr(rapid.SampledFrom([]netip.Addr{
			netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("::ffff:203.0.113.9"),
			netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "client"))),
		}).Draw(t, "address"))
		b.SetCountry([]byte(rapid.SampledFrom([]string{"de", "US", "-", "Greece"}).Draw(t, "country")))
		b.SetASN(rapid.Uint32().Draw(t, "asn"))
		b.SetStatus(rapid.Uint16Range(0, 999).Draw(t, "status"))
		b.SetBytes(rapid.Int64Range(0, 1<<50).Draw(t, "bytes"))
		for c := range record.NumColumns {
			switch c {
			case record.Forwarded, record.Path, record.Query, record.RequestID:
				b.SetValue(c, raw(c.String()))
			case record.Method, record.Scheme, record.UserAgent, record.Cache, record.ContentType, record.Action:
				id, _ := b.InternValue(c, raw(c.String()))
				b.SetID(c, id)
			case record.Host:
				b.SetHost(raw("host"))
			}
		}
		if rapid.Bool().Draw(t, "refers") {
			b.SetReferer([]byte(referers.Draw(t, "referer")), nil)
		}
		b.Commit()
	}
}

func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	all := record.AllColumns
	rapid.Check(t, func(t *rapid.T) {
		path := filepath.Join(dir, "x.parquet")
		w, err := Create(path, all)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		b := record.NewBuilder(all)
		for range rapid.IntRange(0, 3).Draw(t, "batches") {
			if rapid.IntRange(0, 9).Draw(t, "stream") == 0 {
				b = record.NewBuilder(all) // of another stream, with dictionaries of its own
			}
			b.SetPresent(record.ColumnSet(record.Client, record.Time))
			fill(t, b)
			batch := b.Flush(0)
			want = append(want, dump(batch)...)
			if err := w.Write(batch); err != nil {
				t.Fatal(err)
			}
			b.Reset()
			if rapid.Bool().Draw(t, "group") {
				if err := w.flush(); err != nil {
					t.Fatal(err)
				}
			}
		}
		rows, err := w.Close()
		if err != nil || rows != int64(len(want)) {
			t.Fatal(rows, err)
		}
		if rows == 0 {
			return // no batch, nothing present
		}
		got, present := read(t, path, all)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("-written +read:\n%s", diff)
		}
		if want := record.ColumnSet(record.Client, record.Time); present != want {
			t.Fatalf("present is %v, want %v", present, want)
		}
	})
}

// TestManyRows writes more than a page and a dictionary hold, in several row
// groups, and reads single columns.
func TestManyRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.parquet")
	wants := record.ColumnSet(record.Client, record.Path, record.Bytes, record.UserAgent)
	w, err := Create(path, wants)
	if err != nil {
		t.Fatal(err)
	}
	b := record.NewBuilder(wants)
	long := bytes.Repeat([]byte("x"), 2000)
	var want []string
	for batch := range 4 {
		for i := 0; !b.Full(); i++ {
			b.SetClientAddr(netip.AddrFrom4([4]byte{10, byte(batch), byte(i >> 8), byte(i)}))
			b.SetValue(record.Path, fmt.Appendf(nil, "/%d/%d/%s", batch, i, long[:i%2000]))
			b.SetBytes(int64(i))
			b.SetString(record.UserAgent, fmt.Appendf(nil, "agent %d", i%7), nil)
			b.Commit()
		}
		out := b.Flush(0)
		want = append(want, dump(out)...)
		if err := w.Write(out); err != nil {
			t.Fatal(err)
		}
		b.Reset()
		if batch == 1 {
			w.bytes = groupBytes
		}
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("there before Close:", err)
	}
	rows, err := w.Close()
	if err != nil || rows != 4*record.BatchRows {
		t.Fatal(rows, err)
	}
	w.Abort() // after Close: nothing
	got, _ := read(t, path, wants)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-written +read:\n%.1000s", diff)
	}
	single, _ := read(t, path, record.ColumnSet(record.UserAgent))
	if len(single) != len(want) || single[8] != ` user_agent="agent 1"` {
		t.Errorf("%d rows, %s", len(single), single[8])
	}
}

// TestStreamsShareFile reads a file of several row groups, sound and damaged,
// in any number of streams.
func TestStreamsShareFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.parquet")
	w, err := Create(path, record.AllColumns)
	if err != nil {
		t.Fatal(err)
	}
	b := record.NewBuilder(record.AllColumns)
	const groups, rows = 7, 3000
	for group := range groups {
		for i := range rows {
			b.SetTime(int64(group*rows + i))
			b.SetClientAddr(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
			b.SetValue(record.Path, fmt.Appendf(nil, "/%d", i*group))
			b.Commit()
		}
		if err := errors.Join(w.Write(b.Flush(0)), w.flush()); err != nil {
			t.Fatal(err)
		}
		b.Reset()
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	read := func(n int) (rows []string, account record.Input) {
		r, err := ingest.Open([]string{path}, ingest.Options{Columns: record.AllColumns, Since: time.UnixMicro(100)})
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, s := range r.Streams(n) {
			wg.Go(func() {
				if err := s.Each(t.Context(), func(b *record.Batch) error {
					mu.Lock()
					defer mu.Unlock()
					rows = append(rows, dump(b)...)
					return nil
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		slices.Sort(rows)
		return rows, r.Inputs()[0]
	}
	errorText := cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
	check := func(lines int64, fault string) {
		t.Helper()
		want, account := read(1)
		if account.Lines != lines || account.Outside != 100 || account.Rows != lines-100 || !strings.HasPrefix(fmt.Sprint(account.Err), fault) {
			t.Errorf("%+v", account)
		}
		for _, n := range []int{2, 16} {
			got, other := read(n)
			if diff := cmp.Diff(account, other, errorText); diff != "" || !slices.Equal(want, got) {
				t.Errorf("%d streams: %d rows, want %d; account:\n%s", n, len(got), len(want), diff)
			}
		}
	}
	check(groups*rows, "<nil>")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range []int{5, 2} {
		copy(data[file.Metadata().RowGroups[group].Columns[0].MetaData.DataPageOffset:], "damage damage")
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	check((groups-2)*rows, "row group 3: column time: ")
}

// TestSchema pins what other tools see.
func TestSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.parquet")
	w, err := Create(path, record.AllColumns)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	const want = `message requests {
	optional int64 time (TIMESTAMP(isAdjustedToUTC=true,unit=MICROS));
	required binary client (STRING);
	optional binary forwarded (STRING);
	optional binary country (STRING);
	optional int64 asn (INT(64,true));
	optional binary method (STRING);
	optional binary scheme (STRING);
	optional binary host (STRING);
	optional binary path (STRING);
	optional binary query (STRING);
	optional int32 status (INT(16,true));
	required int64 bytes (INT(64,true));
	optional binary referer (STRING);
	optional binary referer_host (STRING);
	optional binary user_agent (STRING);
	optional binary cache (STRING);
	optional binary content_type (STRING);
	optional binary request_id (STRING);
	optional binary action (STRING);
}`
	if diff := cmp.Diff(want, file.Schema().String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&^0o022 != 0o644&^0o022 {
		t.Error(info.Mode(), err)
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.parquet")
	for _, c := range []record.Columns{record.ColumnSet(record.Path), record.ColumnSet(record.Client, record.Referer)} {
		if _, err := Create(path, c); err == nil {
			t.Errorf("%v accepted", c)
		}
	}
	if _, err := Create(filepath.Join(dir, "none", "x.parquet"), record.AllColumns); err == nil {
		t.Error("created in a folder that is not there")
	}
	w, err := Create(path, record.AllColumns)
	if err != nil {
		t.Fatal(err)
	}
	b := record.NewBuilder(record.ColumnSet(record.Client))
	if err := w.Write(b.Flush(0)); err == nil {
		t.Error("a batch without the columns accepted")
	}
	if _, err := w.Close(); err == nil {
		t.Error("completed after an error")
	}
	w, err = Create(path, record.AllColumns)
	if err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Error("left behind: ", left, err)
	}
}

// BenchmarkReplay reads back what compact wrote.
func BenchmarkReplay(b *testing.B) {
	path := filepath.Join(b.TempDir(), "x.parquet")
	all := record.AllColumns
	builder := record.NewBuilder(all)
	const batches = 25
	write := func() {
		w, err := Create(path, all)
		if err != nil {
			b.Fatal(err)
		}
		for n := range batches {
			for i := 0; !builder.Full(); i++ {
				k := n*record.BatchRows + i
				builder.SetTime(1.7e15 + int64(k)*12345)
				builder.SetClientAddr(netip.AddrFrom4([4]byte{10, 0, byte(k * 7 >> 8), byte(k * 31)}))
				builder.SetCountry([]byte([]string{"DE", "US", "IN"}[k%3]))
				builder.SetStatus(200)
				builder.SetBytes(int64(k * 7919 % 1000003))
				builder.SetValue(record.Path, fmt.Appendf(nil, "/images/%d.jpg", k*31%5000))
				builder.SetReferer(fmt.Appendf(nil, "https://site%d.example/page/%d", k%300, k%10000), nil)
				builder.SetString(record.UserAgent, fmt.Appendf(nil, "Mozilla/5.0 (X11; Linux x86_64) %d", k%500), nil)
				builder.Commit()
			}
			if err := w.Write(builder.Flush(0)); err != nil {
				b.Fatal(err)
			}
			builder.Reset()
		}
		if _, err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	perRow := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(batches*record.BatchRows), "ns/row")
	}
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			write()
		}
		perRow(b)
	})
	for _, c := range []struct {
		name  string
		wants record.Columns
	}{
		{"rules", record.ColumnSet(record.Client, record.Country, record.RefererHost)},
		{"rules and sums", record.ColumnSet(record.Time, record.Client, record.Country, record.RefererHost, record.Bytes, record.Status)},
		{"all", all},
	} {
		b.Run(c.name, func(b *testing.B) {
			data, err := os.ReadFile(path)
			if err != nil {
				b.Fatal(err)
			}
			builder := record.NewBuilder(c.wants)
			for b.Loop() {
				table, err := format.Named("parquet").OpenTable(bytes.NewReader(data), int64(len(data)), c.wants)
				if err != nil {
					b.Fatal(err)
				}
				if err := readAll(table, builder, func() {}); err != nil {
					b.Fatal(err)
				}
			}
			perRow(b)
		})
	}
}

// Two streams that share an input would replace each other's file.
func TestSharedInput(t *testing.T) {
	columns := record.ColumnSet(record.Client)
	files := NewFiles([]string{filepath.Join(t.TempDir(), "a.parquet")}, columns)
	b := record.NewBuilder(columns)
	b.SetClientAddr(netip.MustParseAddr("192.0.2.1"))
	b.Commit()
	batch := b.Flush(0)
	if err := files.New().Add(batch); err != nil {
		t.Fatal(err)
	}
	if err := files.New().Add(batch); err == nil {
		t.Error("an input was begun twice")
	}
	files.Abort()
}
