package inflate

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
)

// TestNextIn reads members by all methods in turn. What stands in a buffer must
// stay as it is until the buffer is given again, and nothing may be written to
// it from outside before the next call.
func TestNextIn(t *testing.T) {
	data := append(logText(1<<20), noise(300_000)...)
	ps := packers(t)
	var r Reader
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 9))
		part := data[:rng.IntN(len(data))]
		bufs := []*Buffer{new(Buffer), new(Buffer), new(Buffer)}[:1+rng.IntN(3)]
		type held struct{ in, want []byte }
		hold := make([]held, len(bufs))
		r.Reset(bufio.NewReader(bytes.NewReader(ps[rng.IntN(len(ps))].pack(part))))
		var got []byte
		for turn := 0; ; turn++ {
			i := turn % len(bufs)
			if !bytes.Equal(hold[i].in, hold[i].want) {
				t.Fatalf("seed %d: a buffer that was not given has changed", seed)
			}
			var p []byte
			var err error
			switch rng.IntN(4) {
			case 0:
				p, err = r.Next()
				hold[i] = held{}
			case 1:
				p = make([]byte, rng.IntN(100_000))
				var n int
				n, err = r.Read(p)
				p = p[:n]
				hold[i] = held{}
			default:
				if rng.IntN(2) == 0 && turn > 0 && len(bufs) > 1 {
					clear(bufs[i][:rng.IntN(len(bufs[i]))]) // not given since a call before the last
				}
				p, err = r.NextIn(bufs[i])
				hold[i] = held{p, bytes.Clone(p)}
			}
			if got = append(got, p...); err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if !bytes.Equal(got, part) {
			t.Fatalf("seed %d: %d bytes, want %d", seed, len(got), len(part))
		}
	}
}
