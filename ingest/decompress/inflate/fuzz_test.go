package inflate

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"
)

// FuzzInflate compares with compress/gzip: the same verdict and the same data.
// With seal, the input is a deflate stream, which gets a header and, if it is
// valid, the right trailer.
func FuzzInflate(f *testing.F) {
	for _, packed := range small(f) {
		f.Add(packed, uint8(5), false)
		f.Add(packed[10:], uint8(1), true)
	}
	var c checker
	f.Fuzz(func(t *testing.T, packed []byte, split uint8, seal bool) {
		if seal {
			packed = sealed(packed)
		}
		if err := c.check(packed, splits[int(split)%len(splits)]); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzStreams does so with valid streams of random codes in which some bits are
// changed.
func FuzzStreams(f *testing.F) {
	for seed := range uint64(10) {
		f.Add(seed, uint16(100<<seed%10), uint8(seed))
	}
	var c checker
	f.Fuzz(func(t *testing.T, seed uint64, size uint16, flips uint8) {
		rng := rand.New(rand.NewPCG(seed, 7))
		w := randomStream(rng, int(size))
		packed := w.member()
		for range flips % 4 {
			bit := rng.IntN(8 * len(packed))
			packed[bit/8] ^= 1 << (bit % 8)
		}
		if flips >= 128 {
			packed = sealed(packed[10:])
		}
		if err := c.check(packed, splits[1+rng.IntN(len(splits)-1)]); err != nil {
			t.Fatal(err)
		}
	})
}

// sealed makes a gzip member of a deflate stream and what follows it.
func sealed(stream []byte) []byte {
	packed := append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), stream...)
	src := bufio.NewReader(bytes.NewReader(stream))
	data, err := io.ReadAll(flate.NewReader(src))
	if err != nil {
		return packed
	}
	rest, _ := io.ReadAll(src)
	packed = packed[:len(packed)-len(rest)]
	packed = binary.LittleEndian.AppendUint32(packed, crc32.ChecksumIEEE(data))
	packed = binary.LittleEndian.AppendUint32(packed, uint32(len(data)))
	return append(packed, rest...)
}
