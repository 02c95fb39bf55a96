package inflate

import (
	"bufio"
	"bytes"
	stdgzip "compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
)

// checker compares with compress/gzip, the authority.
type checker struct {
	one  Reader
	all  Multi
	bufs map[int]*bufio.Reader
}

// splits are sizes of the source's buffer; 0 stands for reads of one byte.
var splits = []int{0, 16, 23, 64, 4096, 1 << 20}

func (c *checker) source(packed []byte, split int) *bufio.Reader {
	b := c.bufs[split]
	if b == nil {
		if c.bufs == nil {
			c.bufs = map[int]*bufio.Reader{}
		}
		b = bufio.NewReaderSize(nil, max(split, 32))
		c.bufs[split] = b
	}
	var src io.Reader = bytes.NewReader(packed)
	if split == 0 {
		src = iotest.OneByteReader(src)
	}
	b.Reset(src)
	return b
}

// check says whether the input, read in that way, is judged as by compress/gzip
// and makes the same data.
func (c *checker) check(packed []byte, split int) error {
	want, wantErr := stdAll(packed)
	c.all.Reset(c.source(packed, split))
	got, err := io.ReadAll(&c.all)
	if err := compare(got, want, err, wantErr); err != nil {
		return fmt.Errorf("all members: %w", err)
	}
	if err == nil && c.all.Consumed() != int64(len(packed)) {
		return fmt.Errorf("%d bytes consumed of %d", c.all.Consumed(), len(packed))
	}

	src := bufio.NewReaderSize(bytes.NewReader(packed), max(16, len(packed)))
	var z stdgzip.Reader
	if wantErr = z.Reset(src); wantErr == nil {
		z.Multistream(false)
		want, wantErr = io.ReadAll(&z)
	} else {
		want = nil
	}
	mine := c.source(packed, split)
	c.one.Reset(mine)
	got, err = io.ReadAll(&c.one)
	if err := compare(got, want, err, wantErr); err != nil {
		return fmt.Errorf("one member: %w", err)
	}
	rest, _ := io.ReadAll(src)
	if left, _ := io.ReadAll(mine); err == nil && !bytes.Equal(left, rest) {
		return fmt.Errorf("%d bytes left behind the member, want %d", len(left), len(rest))
	}
	if n := int64(len(packed) - len(rest)); err == nil && c.one.Consumed() != n {
		return fmt.Errorf("%d bytes consumed, want %d", c.one.Consumed(), n)
	}
	return nil
}

func compare(got, want []byte, err, wantErr error) error {
	switch {
	case (err == nil) != (wantErr == nil):
		return fmt.Errorf("error %v, want %v", err, wantErr)
	case err == nil && !bytes.Equal(got, want):
		return fmt.Errorf("%d bytes of data, want %d, differ", len(got), len(want))
	case !bytes.HasPrefix(got, want):
		return fmt.Errorf("%d bytes of data before %v do not begin with the %d before %v", len(got), err, len(want), wantErr)
	}
	return nil
}

// stdAll is what compress/gzip makes of all members.
func stdAll(packed []byte) ([]byte, error) {
	z, err := stdgzip.NewReader(bytes.NewReader(packed))
	if err == io.EOF {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// logText is some text of a log's kind.
func logText(size int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for b.Len() < size {
		fmt.Fprintf(&b, "2026-11-01\t%02d:%02d:%02d\t%d\t192.0.2.%d\tGET\t/video/%d.mp4\tMozilla/5.0%%20(Windows%%20NT%%2010.0)\t%x==\n",
			rng.IntN(24), rng.IntN(60), rng.IntN(60), rng.IntN(1<<30), rng.IntN(256), rng.IntN(1<<20), rng.Uint64())
	}
	return b.Bytes()[:size]
}

func noise(size int) []byte {
	rng := rand.New(rand.NewPCG(3, 4))
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(rng.Uint32())
	}
	return p
}

// texts are data of all kinds, by name.
func texts(size int) map[string][]byte {
	fardown := append(noise(windowSize), noise(windowSize)...) // distance 32768
	return map[string][]byte{
		"log":     logText(size),
		"noise":   noise(size),
		"zeros":   make([]byte, size),
		"period2": bytes.Repeat([]byte("ab"), size/2+1)[:size],
		"period3": bytes.Repeat([]byte("abc"), size/3+1)[:size],
		"period7": bytes.Repeat([]byte("abcdefg"), size/7+1)[:size],
		"period9": bytes.Repeat([]byte("abcdefghi"), size/9+1)[:size],
		"far":     bytes.Repeat(fardown, size/len(fardown)+1)[:size],
	}
}

type packer struct {
	name string
	pack func([]byte) []byte
}

// flusher is a writer of gzip that flushes.
type flusher interface {
	io.WriteCloser
	Flush() error
}

// packers are all levels and strategies of both libraries.
func packers(t testing.TB) []packer {
	var ps []packer
	add := func(name string, open func(io.Writer) (flusher, error), flush int) {
		ps = append(ps, packer{name, func(p []byte) []byte {
			var b bytes.Buffer
			w, err := open(&b)
			if err != nil {
				t.Fatal(err)
			}
			for step := max(1, flush); flush > 0 && len(p) > step; p = p[step:] {
				w.Write(p[:step])
				w.Flush()
			}
			w.Write(p)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}})
	}
	for level := stdgzip.HuffmanOnly; level <= 9; level++ {
		std := func(w io.Writer) (flusher, error) { return stdgzip.NewWriterLevel(w, level) }
		add(fmt.Sprintf("std%d", level), std, 0)
		if level%4 == 1 {
			add(fmt.Sprintf("std%d/flush", level), std, 1000)
		}
	}
	for level := gzip.StatelessCompression; level <= 9; level++ {
		add(fmt.Sprintf("klauspost%d", level), func(w io.Writer) (flusher, error) { return gzip.NewWriterLevel(w, level) }, 0)
	}
	return ps
}

func TestValid(t *testing.T) {
	var c checker
	for _, size := range []int{0, 1, 2, 15, 16, 17, 255, 1000, 32767, 32768, 32769, ChunkSize - 1, ChunkSize, ChunkSize + 1,
		ChunkSize + windowSize - 1, ChunkSize + windowSize, ChunkSize + windowSize + 1, 700001} {
		for name, data := range texts(size) {
			for _, p := range packers(t) {
				packed := p.pack(data)
				split := splits[(size+len(name))%len(splits)]
				for _, split := range []int{split, 1 << 20} {
					if split == 0 && size > 40000 {
						split = 23
					}
					c.one.Reset(c.source(packed, split))
					got, err := io.ReadAll(&c.one)
					if err != nil || !bytes.Equal(got, data) {
						t.Fatalf("%s %d %s, read by %d: %d bytes, %v", name, size, p.name, split, len(got), err)
					}
				}
				if size <= 1000 {
					if err := c.check(packed, split); err != nil {
						t.Fatalf("%s %d %s, read by %d: %v", name, size, p.name, split, err)
					}
				}
			}
		}
	}
}

// TestRandomStreams reads streams with codes that no compressor makes, valid
// and with one bit wrong.
func TestRandomStreams(t *testing.T) {
	var c checker
	rounds := 1000
	if testing.Short() {
		rounds = 100
	}
	for seed := range uint64(rounds) {
		rng := rand.New(rand.NewPCG(seed, 5))
		size := 300
		if seed%10 == 0 {
			size = 60000
		}
		w := randomStream(rng, size)
		packed := w.member()
		for _, split := range splits {
			if split == 0 && size > 300 {
				continue
			}
			c.one.Reset(c.source(packed, split))
			got, err := io.ReadAll(&c.one)
			if err != nil || !bytes.Equal(got, w.data) {
				t.Fatalf("stream %d, read by %d: %d bytes of %d, %v", seed, split, len(got), len(w.data), err)
			}
		}
		if err := c.check(packed, 1<<20); err != nil {
			t.Fatalf("stream %d: %v", seed, err)
		}
		for range 10 {
			bit := rng.IntN(8 * len(packed))
			packed[bit/8] ^= 1 << (bit % 8)
			if err := c.check(packed, splits[1+rng.IntN(len(splits)-1)]); err != nil {
				t.Fatalf("stream %d, bit %d: %v", seed, bit, err)
			}
			packed[bit/8] ^= 1 << (bit % 8)
		}
	}
}

// small are short members of many kinds.
func small(t testing.TB) map[string][]byte {
	data := append(logText(150), bytes.Repeat([]byte("x"), 300)...)
	members := map[string][]byte{"optional": optional()}
	for _, p := range packers(t) {
		members[p.name] = p.pack(data)
	}
	for seed := range uint64(20) {
		members[fmt.Sprintf("random%d", seed)] = randomStream(rand.New(rand.NewPCG(seed, 6)), 60).member()
	}
	return members
}

// optional is a member with all optional fields of the header.
func optional() []byte {
	p := []byte("\x1f\x8b\x08\x1e\x01\x02\x03\x04\x00\x03\x05\x00extraname\x00a comment\x00")
	p = binary.LittleEndian.AppendUint16(p, uint16(crc32.ChecksumIEEE(p)))
	return append(p, "\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
}

func TestTruncated(t *testing.T) {
	var c checker
	for name, packed := range small(t) {
		for n := range len(packed) {
			if err := c.check(packed[:n], splits[n%len(splits)]); err != nil {
				t.Fatalf("%s, %d bytes of %d: %v", name, n, len(packed), err)
			}
			c.one.Reset(bytes.NewReader(packed[:n]))
			_, err := io.ReadAll(&c.one)
			var e *Error
			if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &e) || e.Offset != int64(n) {
				t.Fatalf("%s, %d bytes of %d: %v", name, n, len(packed), err)
			}
		}
	}
}

func TestBitFlips(t *testing.T) {
	var c checker
	for name, packed := range small(t) {
		for bit := range 8 * len(packed) {
			packed[bit/8] ^= 1 << (bit % 8)
			if err := c.check(packed, splits[1+bit%(len(splits)-1)]); err != nil {
				t.Fatalf("%s, bit %d: %v", name, bit, err)
			}
			packed[bit/8] ^= 1 << (bit % 8)
		}
	}
}

func TestMembers(t *testing.T) {
	var c checker
	packed := optional()
	for _, p := range packers(t) {
		packed = append(packed, p.pack(logText(5000))...)
	}
	for _, behind := range []string{"", "\x00", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "garbage", "\x1f", "\x1f\x8b",
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00", "more garbage than a header"} {
		for _, split := range splits {
			if err := c.check(append(packed[:len(packed):len(packed)], behind...), split); err != nil {
				t.Errorf("%q behind, read by %d: %v", behind, split, err)
			}
		}
	}
}

// TestFiles reads the gzip files that the variable names with a pattern.
func TestFiles(t *testing.T) {
	paths, _ := filepath.Glob(os.Getenv("INFLATE_CORPUS"))
	if len(paths) == 0 {
		t.Skip("INFLATE_CORPUS names no files")
	}
	var c checker
	for _, path := range paths {
		packed, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, split := range []int{64, 4096, 1 << 20} {
			if err := c.check(packed, split); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}
