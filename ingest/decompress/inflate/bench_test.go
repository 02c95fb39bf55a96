package inflate

import (
	"bufio"
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"os"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// BenchmarkInflate compares the throughput with that of the libraries, in bytes
// of data.
func BenchmarkInflate(b *testing.B) {
	packed := corpus(b)
	br := bufio.NewReaderSize(nil, 256<<10)
	src := bytes.NewReader(nil)
	run := func(name string, f func() int64) {
		b.Run(name, func(b *testing.B) {
			var n int64
			for b.Loop() {
				src.Reset(packed)
				br.Reset(src)
				n = f()
			}
			b.SetBytes(n)
		})
	}
	var r Multi
	run("next", func() (n int64) {
		r.Reset(br)
		for {
			p, err := r.Next()
			n += int64(len(p))
			if err == io.EOF {
				return n
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	buf := make([]byte, 256<<10)
	drain := func(src io.Reader) (n int64) {
		for {
			m, err := src.Read(buf)
			n += int64(m)
			if err == io.EOF {
				return n
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	run("read", func() int64 {
		r.Reset(br)
		return drain(&r)
	})
	var k gzip.Reader
	run("klauspost", func() int64 {
		if err := k.Reset(br); err != nil {
			b.Fatal(err)
		}
		return drain(&k)
	})
	var s stdgzip.Reader
	run("std", func() int64 {
		if err := s.Reset(br); err != nil {
			b.Fatal(err)
		}
		return drain(&s)
	})
}

// corpus is the file that the variable names, or some log text.
func corpus(b *testing.B) []byte {
	path := os.Getenv("INFLATE_CORPUS")
	if path == "" {
		return packers(b)[9].pack(logText(16 << 20))
	}
	p, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	return p
}
