package ranges

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rulecast/ingest/decompress/inflate"
)

// The encoded form: lines of text up to an empty one,
//
//	rulecast-countries 1
//	source: …
//	generated: 2006-01-02T15:04:05Z
//	digest: …
//	licence: …
//
// then gzip over unsigned varints: the number of codes but the first (None)
// and two bytes for each, the most frequent first so that most take one byte;
// then for IPv4 and for IPv6 the number of starts, the starts as differences,
// and the codes as indices. Starts and codes are kept apart because they
// compress better so.
const magic = "rulecast-countries 1\n"

// maxUnpacked bounds what a table unpacks to: some thirty times the size of
// today's data.
const maxUnpacked = 64 << 20

// Encode gives the encoded form. Equal tables from one version of the standard
// library's gzip are equal byte for byte.
func (t *Table) Encode() ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(magic)
	for _, f := range t.header.fields() {
		if strings.ContainsAny(f.value, "\r\n") {
			return nil, fmt.Errorf("country table: %s %q: holds a line break", f.name, f.value)
		}
		fmt.Fprintf(&out, "%s: %s\n", f.name, f.value)
	}
	out.WriteByte('\n')
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := zip.Write(t.payload()); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

type field struct{ name, value string }

func (h Header) fields() []field {
	return []field{
		{"source", h.Source},
		{"generated", h.Generated.UTC().Format(time.RFC3339)},
		{"digest", h.Digest},
		{"licence", h.Licence},
	}
}

func (t *Table) payload() []byte {
	order := t.byFrequency()
	place := make([]uint64, len(t.codes))
	p := binary.AppendUvarint(nil, uint64(len(order)-1))
	for i, code := range order {
		place[code] = uint64(i)
		if i > 0 {
			p = append(p, t.codes[code]...)
		}
	}
	p = appendFamily(p, &t.v4, place)
	return appendFamily(p, &t.v6, place)
}

// byFrequency orders the indices of codes: None, then the most frequent, ties
// by code.
func (t *Table) byFrequency() []int {
	count := make([]int, len(t.codes))
	for _, codes := range [][]uint16{t.v4.codes, t.v6.codes} {
		for _, c := range codes {
			count[c]++
		}
	}
	order := make([]int, len(t.codes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order[1:], func(a, b int) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(t.codes[a], t.codes[b]))
	})
	return order
}

func appendFamily[K uint32 | uint64](p []byte, f *family[K], place []uint64) []byte {
	p = binary.AppendUvarint(p, uint64(len(f.starts)))
	var before K
	for _, s := range f.starts {
		p = binary.AppendUvarint(p, uint64(s-before))
		before = s
	}
	for _, c := range f.codes {
		p = binary.AppendUvarint(p, place[c])
	}
	return p
}

var errCorrupt = errors.New("country table: corrupt")

// DecodeHeader reads the header of the encoded form, which takes no time.
func DecodeHeader(data []byte) (Header, error) {
	h, _, err := cutHeader(data)
	return h, err
}

func cutHeader(data []byte) (h Header, packed []byte, err error) {
	text, packed, ok := bytes.Cut(data, []byte("\n\n"))
	if !ok || !bytes.HasPrefix(text, []byte(magic)) {
		return h, nil, fmt.Errorf("%w: no header", errCorrupt)
	}
	h, err = parseHeader(string(text[len(magic):]))
	return h, packed, err
}

// Decode reads the encoded form. What is cut short or altered is an error.
func Decode(data []byte) (*Table, error) {
	t := &Table{}
	var packed []byte
	var err error
	if t.header, packed, err = cutHeader(data); err != nil {
		return nil, err
	}
	payload, err := unpack(packed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errCorrupt, err)
	}
	d := decoder{data: payload}
	t.codes = d.codes()
	t.v4 = decodeFamily[uint32](&d, len(t.codes))
	t.v6 = decodeFamily[uint64](&d, len(t.codes))
	if d.bad || d.left() > 0 {
		return nil, errCorrupt
	}
	return t, nil
}

func parseHeader(text string) (Header, error) {
	var h Header
	lines := strings.Split(text, "\n")
	for i, f := range h.fields() {
		value, ok := "", false
		if len(lines) == len(h.fields()) {
			value, ok = strings.CutPrefix(lines[i], f.name+": ")
		}
		if !ok {
			return h, fmt.Errorf("%w: header without %s", errCorrupt, f.name)
		}
		switch f.name {
		case "source":
			h.Source = value
		case "digest":
			h.Digest = value
		case "licence":
			h.Licence = value
		case "generated":
			at, err := time.Parse(time.RFC3339, value)
			if err != nil {
				return h, fmt.Errorf("%w: %w", errCorrupt, err)
			}
			h.Generated = at.UTC()
		}
	}
	return h, nil
}

func unpack(packed []byte) ([]byte, error) {
	var zip inflate.Reader // faster than gzip: the first look-up waits for this
	zip.Reset(bytes.NewReader(packed))
	payload := make([]byte, 0, min(sizeOf(packed), maxUnpacked))
	for {
		chunk, err := zip.Next()
		if payload = append(payload, chunk...); len(payload) > maxUnpacked {
			return nil, fmt.Errorf("unpacks to more than %d bytes", maxUnpacked)
		}
		if err == io.EOF {
			err = nil
			if zip.Consumed() < int64(len(packed)) {
				err = errors.New("something stands behind it")
			}
			return payload, err
		}
		if err != nil {
			return nil, err
		}
	}
}

// sizeOf is what the last four bytes of a gzip member say about the size of its
// data (RFC 1952, section 2.3.1).
func sizeOf(packed []byte) int {
	if len(packed) < 4 {
		return 0
	}
	return int(binary.LittleEndian.Uint32(packed[len(packed)-4:]))
}

// decoder reads varints until the first error, and zeros from then on.
type decoder struct {
	data []byte
	at   int // what is behind it is still to come
	bad  bool
}

func (d *decoder) uvarint() uint64 {
	if d.at < len(d.data) && d.data[d.at] < 0x80 {
		d.at++
		return uint64(d.data[d.at-1])
	}
	v, n := binary.Uvarint(d.data[d.at:])
	if n <= 0 {
		d.fail()
		return 0
	}
	d.at += n
	return v
}

func (d *decoder) fail() { d.bad, d.at = true, len(d.data) }

// left is the number of bytes still to come.
func (d *decoder) left() int { return len(d.data) - d.at }

// count reads a number of things that take at least size bytes each.
func (d *decoder) count(size int) int {
	n := d.uvarint()
	if n > uint64(d.left()/size) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) codes() []string {
	n := d.count(2)
	if n > 1<<16-1 {
		d.fail()
		n = 0
	}
	codes := append(make([]string, 0, n+1), None)
	for range n {
		codes = append(codes, string(d.data[d.at:d.at+2]))
		d.at += 2
	}
	return codes
}

func decodeFamily[K uint32 | uint64](d *decoder, codes int) family[K] {
	n := d.count(2)
	starts := make([]K, n)
	var at K
	for i := range starts {
		step := d.uvarint()
		next := at + K(step)
		if uint64(K(step)) != step || i == 0 && step != 0 || i > 0 && next <= at {
			d.bad = true
			return family[K]{}
		}
		starts[i], at = next, next
	}
	indices := make([]uint16, n)
	for i := range indices {
		c := d.uvarint()
		if c >= uint64(codes) {
			d.bad = true
			return family[K]{}
		}
		indices[i] = uint16(c)
	}
	return newFamily(starts, indices)
}
