package record

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rulecast/ingest/referer"
)

// TestReferersInABuffer reads header values with other bytes behind them in
// memory, as they stand in a block of a log: each has the host that
// referer.Parse finds, whatever was read before.
func TestReferersInABuffer(t *testing.T) {
	var (
		scheme = rapid.SampledFrom([]string{"https://", "http://", "HTTP://", "https:/", "http:", "ftp://", ""})
		piece  = rapid.SampledFrom([]string{"a", "A", "b.example", ".evil.example", "xn--a", "_", "-", ".", ":80", ":", "[::1]", "(pooled)", "%41", "%2f", "@", "é", "\\", "'", "\x00", "\xff", strings.Repeat("l", 27)})
		end    = rapid.SampledFrom([]string{"", "/", "//", "?q", "#f", "\\", "/a/b?c"})
		behind = rapid.SampledFrom([]string{"", "/", "a", "\t", strings.Repeat("/", 40), strings.Repeat("a", 40), "\n" + strings.Repeat("1.2.3.4\t", 8)})
	)
	rapid.Check(t, func(t *rapid.T) {
		r := newRefererHosts()
		r.stand = pooling().Referer
		for range rapid.IntRange(1, 60).Draw(t, "values") {
			raw := scheme.Draw(t, "scheme") + strings.Join(rapid.SliceOfN(piece, 0, 3).Draw(t, "pieces"), "") + end.Draw(t, "end")
			block := append([]byte(raw), behind.Draw(t, "behind")...)
			got := r.intern(block[:len(raw)], percent)
			if want := naiveReferer(raw, r.stand); r.String(got) != want {
				t.Fatalf("%q is %q, want %q", raw, r.String(got), want)
			}
		}
	})
}

// TestStandIsNoHost writes what stands for others, which a dictionary has as a
// key, as if it were a host.
func TestStandIsNoHost(t *testing.T) {
	r := newRefererHosts()
	r.stand = pooling().Referer
	block := []byte("http://a.evil.example/\thttp://(pooled).evil.example/\t" + strings.Repeat("z", 64))
	for _, want := range []string{"(pooled).evil.example", "(malformed)"} {
		raw, rest, _ := bytes.Cut(block, []byte{'\t'})
		if got := r.String(r.intern(raw[:len(raw):cap(raw)], nil)); got != want {
			t.Errorf("%q is %q, want %q", raw, got, want)
		}
		block = rest
	}
}

// naiveReferer is the text of the entry that a header value should have.
func naiveReferer(raw string, stand func([]byte) (string, bool)) string {
	if raw == "-" {
		return referer.ClassAbsent.String()
	}
	if raw == "" {
		return referer.ClassEmpty.String()
	}
	host, class := referer.Parse(percent(nil, []byte(raw)))
	if class != referer.ClassHost {
		return class.String()
	}
	if stand, pooled := stand([]byte(host)); pooled && stand != "" {
		return stand
	} else if pooled {
		return referer.ClassPooled.String()
	}
	return host
}

// TestQuickAuthority holds that the quick way is taken by what most logs have,
// and that it never disagrees with the slow one about what both take.
func TestQuickAuthority(t *testing.T) {
	block := []byte("https://www.example.com/x?y\t" + strings.Repeat("z", 64))
	key, size, ok := quickAuthority(block[:bytes.IndexByte(block, '\t')])
	if want := load([]byte("www.example.com")); !ok || key != want || size != len("www.example.com") {
		t.Errorf("%v of %d bytes, %v", key, size, ok)
	}
	for length := range 70 {
		host := strings.Repeat("h", length)
		for _, end := range []string{"", "/", "/path"} {
			block := append([]byte("http://"+host+end), strings.Repeat("/x", 40)...)
			key, size, ok := quickAuthority(block[:len("http://")+len(host+end)])
			if wanted := 0 < length && length < shortKey && length+len(end) > 1; ok != wanted || ok && (size != length || key != load([]byte(host))) {
				t.Errorf("%d bytes and %q: %d, %v", length, end, size, ok)
			}
		}
	}
}
