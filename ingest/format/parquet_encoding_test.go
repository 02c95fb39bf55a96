package format

import (
	"bytes"
	"math"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"pgregory.net/rapid"
)

// TestParquetEncodings writes with parquet-go and reads here; and whatever is
// cut off or changed, reading ends.
// TestHybridWide: a repeated number that is wider than it may be is damage, and
// not another number.
func TestHybridWide(t *testing.T) {
	for _, c := range []struct {
		width uint
		src   []byte
		good  bool
	}{
		{1, []byte{2 << 1, 1}, true}, {1, []byte{2 << 1, 2}, false}, {9, []byte{2 << 1, 0xff, 1}, true}, {9, []byte{2 << 1, 0xff, 2}, false},
		{32, []byte{2 << 1, 0xff, 0xff, 0xff, 0xff}, true}, {0, []byte{2 << 1}, true},
	} {
		h := hybrid{src: c.src, width: c.width}
		if err := h.read(make([]uint32, 2)); (err == nil) != c.good {
			t.Errorf("%d bits, %x: %v", c.width, c.src, err)
		}
	}
}

func TestParquetEncodings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 32).Draw(t, "width")
		run := rapid.SliceOfN(rapid.Uint32Range(0, uint32(1<<width-1)), 1, 4)
		var indices []uint32
		for range rapid.IntRange(1, 20).Draw(t, "runs") {
			values := run.Draw(t, "values")
			for range rapid.IntRange(1, 12).Draw(t, "times") {
				indices = append(indices, values...)
			}
		}
		signed := make([]int32, len(indices))
		for i, v := range indices {
			signed[i] = int32(v)
		}
		coder := &rle.Encoding{BitWidth: width}
		src, err := coder.EncodeInt32(nil, signed)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]uint32, len(indices))
		numbers := hybrid{src: src, width: uint(width)}
		for rest := got; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "at a time")
			if err := numbers.read(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		for i := range got {
			if got[i] != indices[i] {
				t.Fatalf("width %d: %v, want %v", width, got, indices)
			}
		}
		cut := src[:rapid.IntRange(0, len(src)-1).Draw(t, "cut")]
		for _, src := range [][]byte{cut, rapid.SliceOf(rapid.Byte()).Draw(t, "junk")} {
			numbers := hybrid{src: src, width: uint(width)}
			numbers.read(got[len(got)/2:])
			numbers.read(got)
		}
	})
}

func TestParquetDeltas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-50, 50), rapid.Just[int64](math.MinInt64)), 1, 400).Draw(t, "numbers")
		src, err := parquet.DeltaBinaryPacked.EncodeInt64(nil, numbers)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]int64, len(numbers))
		rest, err := decodeDelta(got, append(bytes.Clone(src), "rest"...))
		if err != nil || string(rest) != "rest" {
			t.Fatalf("%v, rest %q", err, rest)
		}
		for i := range got {
			if got[i] != numbers[i] {
				t.Fatalf("%v, want %v", got, numbers)
			}
		}
		damaged := bytes.Clone(src)
		damaged[rapid.IntRange(0, len(src)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		decodeDelta(got, damaged)
		decodeDelta(got, src[:rapid.IntRange(0, len(src)).Draw(t, "cut")])
		var s spans
		s.decodeDeltaStrings(damaged, len(numbers))
		s.decodeDeltaLength(damaged, len(numbers))
		s.decodePlain(damaged, len(numbers))
	})
}

func TestParquetText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.Map(rapid.String(), func(s string) []byte { return []byte(s) }),
			rapid.Map(rapid.SliceOf(rapid.RuneFrom([]rune{0xef7f, 0xef80, 0xefff, 0xf000, 'a', 0xe000})), func(r []rune) []byte { return []byte(string(r)) })).Draw(t, "value")
		text := ParquetText(value)
		if !bytes.Equal(bytes.ToValidUTF8(text, nil), text) {
			t.Fatalf("%q is not UTF-8", text)
		}
		if got := decodeParquetText([]byte("_"), text); string(got) != "_"+string(value) {
			t.Fatalf("%q became %q", value, got)
		}
	})
}
