package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"rulecast/analyze/geo/ranges"
)

// build makes the table of the two files.
func build(v4, v6 string) (*ranges.Table, error) {
	var all []ranges.Range
	var headers [2]ranges.Header
	digest := sha256.New()
	for i, path := range []string{v4, v6} {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		digest.Write(data)
		rs, header, err := parse(data)
		if err != nil {
			return nil, fmt.Errorf("%s:%w", path, err)
		}
		all = append(all, rs...)
		headers[i] = header
	}
	if headers[0] != headers[1] {
		return nil, fmt.Errorf("%s and %s are not from one export", v4, v6)
	}
	headers[0].Digest = fmt.Sprintf("sha256:%x", digest.Sum(nil))
	return ranges.New(headers[0], all)
}

// parse reads one file: comments, then lines "first,last,code" with addresses
// as decimal numbers (IPv4) or as text (IPv6). An error begins with the line
// number.
func parse(data []byte) ([]ranges.Range, ranges.Header, error) {
	header := ranges.Header{Source: "IPFire Location database, from Debian's tor-geoipdb"}
	var rs []ranges.Range
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if comment, ok := strings.CutPrefix(line, "#"); ok {
			if err := readComment(comment, &header); err != nil {
				return nil, header, fmt.Errorf("%d: %w", n, err)
			}
			continue
		}
		if line == "" {
			continue
		}
		r, err := parseRange(line)
		if err != nil {
			return nil, header, fmt.Errorf("%d: %w", n, err)
		}
		rs = append(rs, r)
	}
	if err := lines.Err(); err != nil {
		return nil, header, err
	}
	if header.Generated.IsZero() || header.Licence == "" {
		return nil, header, fmt.Errorf("1: no date or licence in the comments")
	}
	return rs, header, nil
}

// readComment takes the date and the licence from the comment that has them.
func readComment(comment string, header *ranges.Header) error {
	name, value, _ := strings.Cut(comment, ":")
	value = strings.TrimSpace(value)
	switch strings.TrimSpace(name) {
	case "License":
		header.Licence = value
	case "Generated":
		at, err := time.Parse(time.RFC1123, value)
		if err != nil {
			return err
		}
		header.Generated = at.UTC()
	}
	return nil
}

func parseRange(line string) (ranges.Range, error) {
	fields := strings.Split(line, ",")
	if len(fields) != 3 {
		return ranges.Range{}, fmt.Errorf("%q: not three fields", line)
	}
	first, err := parseAddr(fields[0])
	if err != nil {
		return ranges.Range{}, err
	}
	last, err := parseAddr(fields[1])
	if err != nil {
		return ranges.Range{}, err
	}
	code := fields[2]
	if code == "??" {
		code = ranges.None
	}
	return ranges.Range{First: first, Last: last, Code: code}, nil
}

func parseAddr(s string) (netip.Addr, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return netip.ParseAddr(s)
	}
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), nil
}
