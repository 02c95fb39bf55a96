package format

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Decoding undoes what the writers do, exactly once, and appends.
func TestDecodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wire := string(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]byte("%2041x\\\"\n\x00 a")), rapid.Byte()), 0, 30).Draw(t, "wire"))
		var cloudFront, nginx, apache strings.Builder
		for i := range len(wire) {
			c := wire[i]
			hidden := c < ' ' || c > '~'
			switch {
			case c == '"' || c == '\\':
				fmt.Fprintf(&nginx, `\x%02X`, c)
				apache.WriteString(`\` + string(c))
			case c == '\n':
				nginx.WriteString(`\x0A`)
				apache.WriteString(`\n`)
			case hidden:
				fmt.Fprintf(&nginx, `\x%02X`, c)
				fmt.Fprintf(&apache, `\x%02x`, c)
			default:
				nginx.WriteByte(c)
				apache.WriteByte(c)
			}
			if hidden || strings.IndexByte("<>\"#%{}|\\^~[]`' ", c) >= 0 {
				fmt.Fprintf(&cloudFront, "%%%02X", c)
			} else {
				cloudFront.WriteByte(c)
			}
		}
		for _, got := range []string{
			string(decodePercent([]byte("before"), []byte(cloudFront.String()))),
			string(decodeEscapes([]byte("before"), []byte(nginx.String()))),
			string(decodeEscapes([]byte("before"), []byte(apache.String()))),
		} {
			if got != "before"+wire {
				t.Fatalf("got %q, want %q", got, "before"+wire)
			}
		}
	})
}

func TestParseNumbers(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "007": 7, "1125899906842624": 1 << 50, "-": 0} {
		if got, ok := parseBytes([]byte(in)); !ok || got != want {
			t.Errorf("parseBytes(%q) = %d, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "--", "+1", "1.5", "1125899906842625", "999999999999999999", "1000000000000000000", "0x1", "１"} {
		if got, ok := parseBytes([]byte(in)); ok {
			t.Errorf("parseBytes(%q) = %d", in, got)
		}
	}
	for in, want := range map[string]uint32{"3320": 3320, "4294967295": 4294967295, "4294967296": 0, "AS1": 0, "-": 0, "": 0} {
		if got := parseASN([]byte(in)); got != want {
			t.Errorf("parseASN(%q) = %d, want %d", in, got, want)
		}
	}
	for in, want := range map[string]int64{"1607374321.541": 1607374321541000, "1": 1e6, "1.000001": 1000001, "253402300800": 253402300800e6} {
		if got, ok := parseSeconds([]byte(in)); !ok || got != want {
			t.Errorf("parseSeconds(%q) = %d, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", ".5", "1.", "1.1234567", "1.2.3", "-1", "253402300801"} {
		if got, ok := parseSeconds([]byte(in)); ok {
			t.Errorf("parseSeconds(%q) = %d", in, got)
		}
	}
}
