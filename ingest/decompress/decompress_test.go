package decompress

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/klauspost/compress/zstd"
)

// logText is some text of a log's kind, longer than a block.
func logText(size int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for b.Len() < size {
		fmt.Fprintf(&b, "2026-11-01\t%02d:%02d:%02d\t%d\t192.0.2.%d\tGET\t/video/%d.mp4\n",
			rng.IntN(24), rng.IntN(60), rng.IntN(60), rng.IntN(1<<30), rng.IntN(256), rng.IntN(1<<20))
	}
	return b.Bytes()[:size]
}

func gzipped(parts ...[]byte) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&b)
		w.Write(p)
		w.Close()
	}
	return b.Bytes()
}

func zstded(t testing.TB, p []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(p, nil)
}

// bzipped is "a log line\n" and "and one more\n", each packed by bzip2 -9.
var bzipped = mustBase64("QlpoOTFBWSZTWcNsb+gAAAHRAAAQQAAipaAAIgYmQgyYgEhyOpvi7kinChIYbY39AEJaaDkxQVkm" +
	"U1mWpfNiAAAB0YAAEEAAJgOQACAAIg0xNCDJiDRDmJwQeLuSKcKEhLUvmxA=")

func mustBase64(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func unpack(src io.Reader) ([]byte, Packing, error) {
	var r Reader
	r.Reset(src)
	out, err := io.ReadAll(&r)
	return out, r.Packing(), err
}

func TestReader(t *testing.T) {
	text := logText(700_000)
	half := len(text) / 2
	skippable := []byte("\x50\x2a\x4d\x18\x04\x00\x00\x00abcd")
	tests := []struct {
		name    string
		archive []byte
		packing Packing
		want    []byte
	}{
		{"nothing", nil, Plain, nil},
		{"one byte", []byte("\x1f"), Plain, []byte("\x1f")},
		{"plain", text, Plain, text},
		{"text that begins like bzip2", []byte("BZh9 is no archive\n"), Plain, []byte("BZh9 is no archive\n")},
		{"gzip", gzipped(text), Gzip, text},
		{"gzip of nothing", gzipped(nil), Gzip, nil},
		{"gzip members", gzipped(text[:half], nil, text[half:], nil), Gzip, text},
		{"gzip padded with zeros", append(gzipped(text), make([]byte, 3000)...), Gzip, text},
		{"gzip padded with one zero", append(gzipped(text), 0), Gzip, text},
		{"bzip2 streams", bzipped, Bzip2, []byte("a log line\nand one more\n")},
		{"zstd", zstded(t, text), Zstd, text},
		{"zstd frames", append(zstded(t, text[:half]), zstded(t, text[half:])...), Zstd, text},
		{"zstd with a skippable frame first", append(skippable, zstded(t, text)...), Zstd, text},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sources := map[string]io.Reader{
				"at once":       bytes.NewReader(tt.archive),
				"halves":        iotest.HalfReader(bytes.NewReader(tt.archive)),
				"data with EOF": iotest.DataErrReader(bytes.NewReader(tt.archive)),
			}
			for name, src := range sources {
				got, packing, err := unpack(src)
				if err != nil || packing != tt.packing || !bytes.Equal(got, tt.want) {
					t.Errorf("%s: %d bytes, %s, %v; want %d, %s", name, len(got), packing, err, len(tt.want), tt.packing)
				}
			}
		})
	}
}

func TestReaderIsReusable(t *testing.T) {
	text := logText(50_000)
	var r Reader
	for i, archive := range [][]byte{gzipped(text), zstded(t, text), gzipped(text)[:1000], text, gzipped(text), zstded(t, text)} {
		r.Reset(bytes.NewReader(archive))
		got, err := io.ReadAll(&r)
		if i == 2 {
			continue // damaged on purpose, to leave a state behind
		}
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("archive %d: %d bytes, %v", i, len(got), err)
		}
		if r.Consumed() != int64(len(archive)) {
			t.Errorf("archive %d: consumed %d of %d bytes", i, r.Consumed(), len(archive))
		}
	}
}

// Cut anywhere, an archive yields a prefix of its text and says that it ends
// too early.
func TestTruncated(t *testing.T) {
	text := logText(20_000)
	tests := []struct {
		name    string
		archive []byte
		magic   int // what shorter prefixes are is not told
	}{
		{"gzip", gzipped(text), 2},
		{"zstd", zstded(t, text), 4},
	}
	for _, tt := range tests {
		longest := 0
		for n := tt.magic; n < len(tt.archive); n++ {
			got, _, err := unpack(bytes.NewReader(tt.archive[:n]))
			var damage *Error
			if !errors.As(err, &damage) || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s cut to %d bytes: error %v", tt.name, n, err)
			}
			if string(damage.Packing) != tt.name || damage.Offset > int64(n) {
				t.Fatalf("%s cut to %d bytes: %#v", tt.name, n, damage)
			}
			if !bytes.HasPrefix(text, got) {
				t.Fatalf("%s cut to %d bytes: what is read is no prefix of the text", tt.name, n)
			}
			longest = max(longest, len(got))
		}
		if tt.name == "gzip" && longest != len(text) {
			t.Errorf("without its checksum, gzip yields %d of %d bytes", longest, len(text))
		}
	}
}

// Whatever byte is wrong, reading ends, and gzip never passes wrong text off as
// right.
func TestCorrupt(t *testing.T) {
	text := logText(5_000)
	for name, archive := range map[string][]byte{"gzip": gzipped(text), "zstd": zstded(t, text), "bzip2": bzipped} {
		want, _, err := unpack(bytes.NewReader(archive))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range archive {
			bad := bytes.Clone(archive)
			bad[i] ^= 0x55
			got, packing, err := unpack(bytes.NewReader(bad))
			if err == nil && packing != Plain && !bytes.Equal(got, want) {
				t.Errorf("%s with byte %d wrong: reads wrong text without an error", name, i)
			}
		}
	}
}

func TestTrailingGarbage(t *testing.T) {
	text := logText(5_000)
	whole := gzipped(text)
	for _, garbage := range []string{"x", "\x1f", "\x00\x00x", "garbage of some length, more than ten bytes", "\x1f\x8b"} {
		got, _, err := unpack(strings.NewReader(string(whole) + garbage))
		var damage *Error
		if !errors.As(err, &damage) || !bytes.Equal(got, text) {
			t.Errorf("%q: %d bytes, %v", garbage, len(got), err)
			continue
		}
		if damage.Offset < int64(len(whole)) || damage.Offset > int64(len(whole)+len(garbage)) {
			t.Errorf("%q: offset %d, but the members end at %d", garbage, damage.Offset, len(whole))
		}
	}
}

// A frame that wants more memory than zstd's own limit is refused.
func TestZstdWindowIsBounded(t *testing.T) {
	header := []byte("\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00") // window of 2^41 bytes
	_, _, err := unpack(bytes.NewReader(header))
	var damage *Error
	if !errors.As(err, &damage) || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
}

func TestSourceErrorIsNoDamage(t *testing.T) {
	broken := errors.New("input/output error")
	for name, archive := range map[string][]byte{"plain": logText(500), "gzip": gzipped(logText(500))[:100]} {
		_, _, err := unpack(io.MultiReader(bytes.NewReader(archive), iotest.ErrReader(broken)))
		if err != broken {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestErrorText(t *testing.T) {
	_, _, err := unpack(bytes.NewReader(gzipped(logText(500))[:100]))
	if want := "truncated gzip archive: it ends after 100 bytes"; err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
	_, _, err = unpack(strings.NewReader(string(gzipped([]byte("a"))) + "xyz"))
	if want := "damaged gzip archive at byte 25: something that is no gzip data follows the last member"; err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
}

// The data are the same whether they are read ahead or not.
func TestBlocks(t *testing.T) {
	ctx := context.Background()
	text := logText(3*BlockSize + 777)
	archives := map[string][]byte{
		"plain": text, "gzip": gzipped(text), "exact": text[:2*BlockSize], "nothing": nil, "damaged": gzipped(text)[:200_000],
		"members": gzipped(text[:10], nil, text[10:200_000], text[200_000:200_001], text[200_001:]),
	}
	for _, ahead := range []Ahead{Never, IfPacked, Always} {
		var blocks Blocks
		for name, archive := range archives {
			want, _, wantErr := unpack(bytes.NewReader(archive))
			if wantErr == nil {
				wantErr = io.EOF
			}
			blocks.Start(iotest.HalfReader(bytes.NewReader(archive)), ahead)
			var got []byte
			var err error
			for err == nil {
				var data []byte
				if data, err = blocks.Next(ctx); err == nil && (len(data) < BlockSize/2 || len(data) > 2*BlockSize) {
					t.Fatalf("%s: block of %d bytes in the middle", name, len(data))
				}
				got = append(got, data...)
			}
			if !bytes.Equal(got, want) || err.Error() != wantErr.Error() {
				t.Errorf("%s, ahead %d: %d bytes, %v; want %d, %v", name, ahead, len(got), err, len(want), wantErr)
			}
			if _, again := blocks.Next(ctx); again != err {
				t.Errorf("%s: after the end, error %v", name, again)
			}
			if err == io.EOF && blocks.Consumed() != int64(len(archive)) {
				t.Errorf("%s: consumed %d of %d bytes", name, blocks.Consumed(), len(archive))
			}
			if !blocks.Stop() {
				t.Errorf("%s: not reusable after its end", name)
			}
		}
	}
}

// A reader that nobody writes to does not hold up the end.
func TestBlocksDoNotOutwaitContext(t *testing.T) {
	src, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	var blocks Blocks
	blocks.Start(src, Always)
	if _, err := blocks.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if blocks.Stop() {
		t.Error("reusable, although its source has not ended")
	}
}

func FuzzReader(f *testing.F) {
	text := logText(2_000)
	f.Add(text)
	f.Add(gzipped(text))
	f.Add(gzipped(text, nil, text[:10]))
	f.Add(append(gzipped(text), 0, 0, 0))
	f.Add(zstded(f, text))
	f.Add(bzipped)
	f.Fuzz(func(t *testing.T, archive []byte) {
		var r Reader
		r.Reset(bytes.NewReader(archive))
		n, err := io.Copy(io.Discard, io.LimitReader(&r, 1<<24))
		var damage *Error
		if err != nil && !errors.As(err, &damage) {
			t.Fatalf("untyped error %v", err)
		}
		if r.Packing() == Plain && (err != nil || n != int64(len(archive))) {
			t.Fatalf("plain: %d of %d bytes, %v", n, len(archive), err)
		}
	})
}

func BenchmarkGzip(b *testing.B) {
	text := logText(8 << 20)
	archive := gzipped(text)
	for _, ahead := range []Ahead{Never, IfPacked} {
		b.Run(fmt.Sprintf("ahead=%v", ahead != Never), func(b *testing.B) {
			var blocks Blocks
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				blocks.Start(bytes.NewReader(archive), ahead)
				for {
					if _, err := blocks.Next(context.Background()); err != nil {
						break
					}
				}
				blocks.Stop()
			}
		})
	}
}
