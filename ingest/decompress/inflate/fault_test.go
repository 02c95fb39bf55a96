package inflate

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

const plainHeader = "1f8b08000000000000ff"

func TestFaults(t *testing.T) {
	zero := strings.Repeat("00", 20)
	for _, c := range []struct {
		name, packed string // hexadecimal
		data         string
		want         Error
	}{
		{"empty", "", "", Error{Truncated, 0}},
		{"text", hex.EncodeToString([]byte("text")), "", Error{BadMagic, 3}},
		{"method", "1f8b07" + zero, "", Error{BadMagic, 3}},
		{"header", "1f8b0800", "", Error{Truncated, 4}},
		{"name", "1f8b0808000000000000" + strings.Repeat("61", 600), "", Error{BadHeader, 522}},
		{"header sum", "1f8b08020000000000000000" + zero, "", Error{HeaderSum, 12}},
		{"block type", plainHeader + "07" + zero, "", Error{BadBlock, 11}},
		{"stored", plainHeader + "01010000ff" + zero, "", Error{BadStored, 15}},
		{"stored, cut", plainHeader + "010300fcff6162", "ab", Error{Truncated, 17}},
		{"286 lengths", plainHeader + "fd" + zero, "", Error{BadTable, 13}},
		{"code lengths", plainHeader + "05e0ff" + zero, "", Error{BadTable, 20}},
		{"distance", plainHeader + "4b04a200", "a", Error{BadDistance, 13}},
		{"checksum", plainHeader + "4b0400000000000100000000", "a", Error{Checksum, 21}},
		{"size", plainHeader + "4b040043beb7e800000000", "a", Error{Size, 21}},
	} {
		packed, err := hex.DecodeString(c.packed)
		if err != nil {
			t.Fatal(err)
		}
		for _, split := range splits {
			var ch checker
			if err := ch.check(packed, split); err != nil && c.packed != "" {
				t.Errorf("%s, read by %d: %v", c.name, split, err)
			}
			var r Reader
			r.Reset(ch.source(packed, split))
			data, err := io.ReadAll(&r)
			var got *Error
			if !errors.As(err, &got) || *got != c.want || string(data) != c.data {
				t.Errorf("%s, read by %d: %q, %v, want %q, %v", c.name, split, data, err, c.data, &c.want)
			}
		}
	}
}

// TestFastFaults meets bad symbols far from the ends of the input.
func TestFastFaults(t *testing.T) {
	lit, dist := fixedCodes()
	for name, c := range map[string]struct {
		write func(w *bitWriter)
		want  Fault
	}{
		"length 286":  {func(w *bitWriter) { w.symbol(lit, 286) }, BadCode},
		"distance 30": {func(w *bitWriter) { w.symbol(lit, 257); w.symbol(dist, 30) }, BadCode},
		"too far": {func(w *bitWriter) {
			w.symbol(lit, 257)
			w.symbol(dist, 17) // 385
			w.put(0, 7)
		}, BadDistance},
	} {
		w := new(bitWriter)
		w.block(true, 1)
		for range 300 {
			w.literal(lit, 'x')
		}
		c.write(w)
		for range 100 {
			w.symbol(lit, 'y')
		}
		for _, split := range splits {
			var ch checker
			if err := ch.check(w.member(), split); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			var r Reader
			r.Reset(ch.source(w.member(), split))
			data, err := io.ReadAll(&r)
			var e *Error
			if !bytes.Equal(data, w.data) || !errors.As(err, &e) || e.Fault != c.want {
				t.Errorf("%s, read by %d: %d bytes, %v", name, split, len(data), err)
			}
		}
	}
}

func TestErrorText(t *testing.T) {
	for f := Truncated; f <= Size; f++ {
		if s := f.String(); s == "" || strings.HasPrefix(s, "fault") {
			t.Errorf("%d has no text", f)
		}
	}
	if got := (&Error{Truncated, 12}).Error(); got != "unexpected end at byte 12 of the member" {
		t.Error(got)
	}
	if errors.Is(&Error{Checksum, 1}, io.ErrUnexpectedEOF) {
		t.Error("a wrong checksum is no truncation")
	}
	if got := Fault(99).String(); got != "fault 99" {
		t.Error(got)
	}
}

// TestMultiOffset finds the fault of the second member.
func TestMultiOffset(t *testing.T) {
	first := packers(t)[0].pack(logText(1000))
	var m Multi
	m.Reset(bytes.NewReader(append(first[:len(first):len(first)], "nothing"...)))
	_, err := io.ReadAll(&m)
	var e *Error
	if !errors.As(err, &e) || *e != (Error{BadMagic, int64(len(first) + 3)}) {
		t.Error(err)
	}
	if _, again := m.Next(); again != err {
		t.Errorf("then %v", again)
	}
}

func TestSourceFaults(t *testing.T) {
	packed := packers(t)[6].pack(noise(100000))
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		src  io.Reader
		want error
	}{
		"error":        {io.MultiReader(bytes.NewReader(packed[:50000]), iotest.ErrReader(broken)), broken},
		"error first":  {iotest.ErrReader(broken), broken},
		"error, data":  {iotest.DataErrReader(bytes.NewReader(packed)), nil},
		"timeout":      {iotest.TimeoutReader(iotest.HalfReader(bytes.NewReader(packed))), iotest.ErrTimeout},
		"no progress":  {io.MultiReader(bytes.NewReader(packed[:50000]), idle{}), io.ErrNoProgress},
		"some idling":  {&idling{src: bytes.NewReader(packed)}, nil},
		"other source": {struct{ io.Reader }{bufio.NewReader(bytes.NewReader(packed))}, nil},
	} {
		var r Reader
		r.Reset(c.src)
		got, err := io.ReadAll(&r)
		if !errors.Is(err, c.want) || !bytes.HasPrefix(noise(100000), got) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if name == "error" && len(got) < 49000 {
			t.Errorf("%d bytes before the error", len(got))
		}
	}
}

// idle never has anything.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// idling has nothing every other time.
type idling struct {
	src io.Reader
	n   int
}

func (i *idling) Read(p []byte) (int, error) {
	if i.n++; i.n%2 == 0 {
		return 0, nil
	}
	return i.src.Read(p[:min(len(p), 1000)])
}

// TestFlush has what was flushed before more is written, and the end while the
// source is still open.
func TestFlush(t *testing.T) {
	src, dst := io.Pipe()
	more := make(chan struct{})
	go func() {
		w := gzip.NewWriter(dst)
		w.Write([]byte("a line\n"))
		w.Flush()
		<-more
		w.Write([]byte("the end\n"))
		w.Close()
	}()
	var r Reader
	r.Reset(src)
	if p, err := r.Next(); string(p) != "a line\n" || err != nil {
		t.Fatalf("%q, %v", p, err)
	}
	close(more)
	if p, err := r.Next(); string(p) != "the end\n" || err != nil {
		t.Fatalf("%q, %v", p, err)
	}
	if p, err := r.Next(); len(p) > 0 || err != io.EOF {
		t.Fatalf("%q, %v", p, err)
	}
}

// TestChunks has chunks in their bounds and no allocation.
func TestChunks(t *testing.T) {
	data := append(make([]byte, 3<<20), logText(3<<20)...)
	packed := packers(t)[8].pack(data)
	src := bytes.NewReader(nil)
	in := bufio.NewReader(src)
	var r Reader
	allocs := testing.AllocsPerRun(3, func() {
		src.Reset(packed)
		in.Reset(src)
		r.Reset(in)
		for n := 0; ; {
			p, err := r.Next()
			if len(p) > MaxChunk {
				t.Errorf("%d bytes", len(p))
			}
			if n+len(p) > len(data) || !bytes.Equal(p, data[n:n+len(p)]) {
				t.Fatalf("wrong data from %d on", n)
			}
			if n += len(p); err == io.EOF && n == len(data) {
				return
			}
			if err != nil || len(p) < ChunkSize-maxMatch && n < len(data) {
				t.Fatalf("%d bytes, %v", len(p), err)
			}
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// TestNames has names about as long as may be.
func TestNames(t *testing.T) {
	var c checker
	for n := 509; n < 515; n++ {
		packed := append([]byte("\x1f\x8b\x08\x18\x00\x00\x00\x00\x00\xff"), bytes.Repeat([]byte("n"), n)...)
		packed = append(packed, "\x00\xe9t\xe9\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
		if err := c.check(packed, 64); err != nil {
			t.Errorf("%d: %v", n, err)
		}
	}
}
