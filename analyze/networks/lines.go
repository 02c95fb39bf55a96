package networks

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// longestLine bounds the lines of text.
const longestLine = 4096

// silent are the commands of "ipset save" that add nothing.
var silent = []string{"create", "flush", "-N", "COMMIT"}

// lines reads text. Sources: the netset and ipset files of FireHOL, ipset(8)
// (save, restore), Spamhaus DROP ("1.10.16.0/20 ; SBL256894"), Cloudflare's
// ips-v4 and ips-v6.
func (r *reader) lines(text []byte) error {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if len(line) > longestLine {
			return fmt.Errorf(":%d: a line of %d bytes", n, len(line))
		}
		if end := bytes.IndexAny(line, "#;"); end >= 0 {
			line = line[:end]
		}
		words := strings.Fields(string(line))
		if len(words) == 0 || slices.Contains(silent, words[0]) {
			continue
		}
		if err := r.line(n, words); err != nil {
			return fmt.Errorf(":%d: %w", n, err)
		}
	}
	return nil
}

func (r *reader) line(n int, words []string) error {
	if words[0] == "add" || words[0] == "-A" {
		switch {
		case len(words) < 3:
			return fmt.Errorf("%s without a set and an entry", words[0])
		case slices.Contains(words[3:], "nomatch"):
			return errors.New("nomatch: an exception from a set cannot be read; list what is meant")
		}
		words = words[2:3]
	}
	if len(words) == 3 && words[1] == "-" {
		words = []string{strings.Join(words, "")}
	}
	if len(words) > 1 {
		return fmt.Errorf("%d words: one network a line", len(words))
	}
	if from, to, ok := strings.Cut(words[0], "-"); ok {
		return r.addRange(n, from, to)
	}
	return r.add(n, words[0])
}

// addRange adds the fewest networks that hold what lies between two addresses,
// themselves included.
func (r *reader) addRange(line int, from, to string) error {
	first, err := boundary(from)
	if err != nil {
		return err
	}
	last, err := boundary(to)
	if err != nil {
		return err
	}
	if first.Is4() != last.Is4() || last.Less(first) {
		return fmt.Errorf("%s-%s is no range", first, last)
	}
	for {
		p := widest(first, last)
		if err := r.put(line, p); err != nil {
			return err
		}
		end := lastOf(p)
		if end == last {
			return nil
		}
		first = end.Next()
	}
}

func boundary(text string) (netip.Addr, error) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, fmt.Errorf("%.80q is no address", text)
	}
	return a.Unmap(), nil
}

// widest is the widest network that begins at first and ends at last or before.
func widest(first, last netip.Addr) netip.Prefix {
	best := netip.PrefixFrom(first, first.BitLen())
	for bits := first.BitLen() - 1; bits >= 0; bits-- {
		p := netip.PrefixFrom(first, bits)
		if p.Masked().Addr() != first || last.Less(lastOf(p)) {
			break
		}
		best = p
	}
	return best
}

// lastOf is the last address of a network.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b) // of the length that AsSlice gave
	return a
}
