// Package networks reads the lists of networks that users give: the ranges
// that providers and good bots publish, feeds of bad addresses, and what is
// never to be listed.
package networks

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"

	"rulecast/analyze/policy"
)

// List is what one file says.
type List struct {
	Name     string           // of the file, without its folder
	Prefixes []netip.Prefix   // masked and unmapped, in the order of netip.Prefix.Compare, each once
	Warnings []policy.Warning // at most mostWarnings
}

// MostBytes bounds the files that are read. The largest of those that are
// published have some ten million bytes.
const MostBytes = 64 << 20

// mostNetworks bounds what a file may amount to: one range can be 254 networks.
const mostNetworks = 1 << 22

// mostWarnings are those of one file that are told.
const mostWarnings = 20

// Read reads a file: see Parse.
func Read(path string) (*List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // nothing was written
	text, err := io.ReadAll(io.LimitReader(f, MostBytes+1))
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse reads the text of a file in one of the forms in which lists are
// published, told apart by its first character:
//
//   - JSON, with networks under the keys of jsonKeys, as AWS, Azure, Bing,
//     Cloudflare, Fastly, Google, OpenAI, Oracle and Spamhaus have it, or a list
//     of texts
//   - text, an entry a line: an address, a network or a range from-to, or that
//     behind "add" and a name (ipset save); "#" and ";" begin a comment
//
// Networks may overlap. Host bits are masked, with a warning. Errors name the
// file and the line, or the place in the JSON.
func Parse(path string, text []byte) (*List, error) {
	if len(text) > MostBytes {
		return nil, fmt.Errorf("%s: more than %d MiB: not a list of networks", path, MostBytes>>20)
	}
	r := &reader{path: path, list: &List{Name: filepath.Base(path)}}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var err error
	if start := bytes.TrimLeft(text, " \t\r\n"); len(start) > 0 && (start[0] == '{' || start[0] == '[') {
		err = r.json(text)
	} else {
		err = r.lines(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s%w", path, err)
	}
	if r.unsaid > 0 {
		r.list.Warnings = append(r.list.Warnings, policy.Warning{Pos: policy.Pos{File: path}, Text: fmt.Sprintf("%d more warnings like these", r.unsaid)})
	}
	r.list.Prefixes = sorted(r.list.Prefixes)
	return r.list, nil
}

// reader fills a list.
type reader struct {
	path   string
	list   *List
	unsaid int // warnings that are too many
}

// warn notes what is odd about a line; 0 if lines do not matter.
func (r *reader) warn(line int, text string) {
	if len(r.list.Warnings) == mostWarnings {
		r.unsaid++
		return
	}
	r.list.Warnings = append(r.list.Warnings, policy.Warning{Pos: policy.Pos{File: r.path, Line: line}, Text: text})
}

// add reads an address or a network.
func (r *reader) add(line int, text string) error {
	e, warning, err := policy.ParseAddress(text)
	switch {
	case err != nil:
		return err
	case e.Kind != policy.PrefixEntry:
		return fmt.Errorf("%q is neither an address nor a network", text)
	case warning != "":
		r.warn(line, warning)
	}
	return r.put(line, e.Prefix)
}

func (r *reader) put(line int, p netip.Prefix) error {
	if len(r.list.Prefixes) == mostNetworks {
		return fmt.Errorf("more than %d networks", mostNetworks)
	}
	if p.Bits() == 0 {
		r.warn(line, fmt.Sprintf("%s is every address", p))
	}
	r.list.Prefixes = append(r.list.Prefixes, p)
	return nil
}
