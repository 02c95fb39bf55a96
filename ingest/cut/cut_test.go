package cut

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// naive is Row in the obvious way; it has all ends.
func naive(block []byte, separator byte) (ends []int32, size int) {
	row, _, _ := bytes.Cut(block, []byte{'\n'})
	for i, c := range row {
		if c == separator {
			ends = append(ends, int32(i))
		}
	}
	return ends, len(row)
}

// check compares all ways to cut a row.
func check(t interface{ Fatalf(string, ...any) }, block []byte, separator byte, wanted int) {
	all, size := naive(block, separator)
	first := all[:min(len(all), wanted)]
	compare := func(name string, ends []int32, gotFound, gotSize int) {
		if gotFound != len(all) || gotSize != size || !slices.Equal(ends[:len(first)], first) {
			t.Fatalf("%s, separator %q, %d wanted of %q: found %d in %d bytes, %v; want %d in %d, %v",
				name, separator, wanted, block, gotFound, gotSize, ends[:len(first)], len(all), size, first)
		}
	}
	var slow Ends
	var quick struct {
		ends   Ends
		behind [16]int32
	}
	found, got := Row(block, separator, wanted, &quick.ends)
	compare("Row", quick.ends[:], found, got)
	if quick.behind != [16]int32{} {
		t.Fatalf("Row has written behind all ends, %d wanted of %q", wanted, block)
	}
	found, got = slowRow(block, separator, wanted, &slow)
	compare("slowRow", slow[:], found, got)
	for _, e := range slow[wanted:] {
		if e != 0 {
			t.Fatalf("slowRow has written behind the %d ends wanted", wanted)
		}
	}
}

// Bytes near the separators and newlines, in rows of any length, wherever they
// begin in a block.
func TestRow(t *testing.T) {
	near := []byte{8, 9, 10, 11, 0, 1, 0x88, 0x89, 0x8a, 0xff, ' ', ',', '!', 'x', 'x', 'x', 'x'}
	rapid.Check(t, func(t *rapid.T) {
		block := rapid.SliceOfN(rapid.SampledFrom(near), 0, 300).Draw(t, "block")
		wanted := rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(0, MaxColumns)).Draw(t, "wanted")
		separator := rapid.SampledFrom([]byte{'\t', ' ', ',', 0xff, 0}).Draw(t, "separator")
		for at := 0; at <= len(block); at++ {
			check(t, block[at:], separator, wanted)
		}
	})
}

// Each place of a newline and of a separator in rows up to some 64 bytes four
// times, and rows of nothing but separators.
func TestRowPlaces(t *testing.T) {
	for size := range 260 {
		row := bytes.Repeat([]byte{'x'}, size)
		for at := range row {
			row[at] = '\t'
			check(t, append(slices.Clone(row), '\n'), '\t', 3)
			check(t, append(append(slices.Clone(row), '\n'), row...), '\t', 3)
			row[at] = 'x'
		}
		all := append(bytes.Repeat([]byte{'\t'}, 7*size), "\n\t\t\t"...)
		for _, wanted := range []int{0, 1, size, MaxColumns} {
			check(t, all, '\t', min(wanted, MaxColumns))
			check(t, append(all, bytes.Repeat([]byte{'\t'}, 64)...), '\t', min(wanted, MaxColumns))
		}
	}
}

// TestRowBehind has the last end wanted anywhere in 64 bytes of separators, the
// others of which Row writes behind it.
func TestRowBehind(t *testing.T) {
	for from := range 64 {
		row := append(bytes.Repeat([]byte{'x'}, from), bytes.Repeat([]byte{'\t'}, MaxColumns+200)...)
		check(t, row, '\t', MaxColumns)
		check(t, append(row[:MaxColumns+64], "\nxx"...), '\t', MaxColumns)
		check(t, append(append(row[:MaxColumns+64], '\n'), row[:64]...), '\t', MaxColumns)
	}
}

func FuzzRow(f *testing.F) {
	f.Add([]byte("2026-03-02\t00:00:01\tSIN2-P3\t10291\t192.0.2.1\tGET\thost.example\t/static/css/cedar.css\t200\t-\n2026"), byte('\t'), uint8(9))
	f.Add(bytes.Repeat([]byte("\t"), 400), byte('\t'), uint8(255))
	f.Add([]byte(strings.Repeat("a,b,,c\n", 30)), byte(','), uint8(2))
	f.Fuzz(func(t *testing.T, block []byte, separator byte, wanted uint8) {
		if separator == '\n' {
			return
		}
		for at := 0; at <= len(block); at += 1 + at/8 {
			check(t, block[at:], separator, int(wanted))
		}
	})
}

// BenchmarkRow cuts rows of 33 columns and some 480 bytes, of which ten columns
// are wanted.
func BenchmarkRow(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var block []byte
	for range 1 << 12 {
		for i := range 33 {
			block = append(block, strings.Repeat("v", 3+r.IntN(23))...)
			block = append(block, "\t\n"[i/32])
		}
	}
	ways := map[string]func([]byte, byte, int, *Ends) (int, int){"Row": Row, "slowRow": slowRow}
	for name, way := range ways {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(block)))
			var ends Ends
			for range b.N {
				for rest := block; len(rest) > 0; {
					_, size := way(rest, '\t', 10, &ends)
					rest = rest[size+1:]
				}
			}
		})
	}
}
