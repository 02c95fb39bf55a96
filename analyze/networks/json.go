package networks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// jsonKeys are those whose text, or texts in a list, are networks.
var jsonKeys = []string{
	"ip_prefix", "ipv6_prefix", // AWS ip-ranges.json: prefixes[].ip_prefix, ipv6_prefixes[].ipv6_prefix
	"ipv4Prefix", "ipv6Prefix", // Google goog.json, googlebot.json; Bing bingbot.json; OpenAI gptbot.json: prefixes[]
	"ipv4_cidrs", "ipv6_cidrs", "jdcloud_cidrs", // Cloudflare api.cloudflare.com/client/v4/ips: result
	"addresses", "ipv6_addresses", // Fastly api.fastly.com/public-ip-list
	"addressPrefixes", // Azure service tags: values[].properties
	"cidr",            // Spamhaus drop_v4.json, a record a line; Oracle public_ip_ranges.json: regions[].cidrs[]
	"prefixes",        // where it holds texts
}

// deepestJSON bounds how deep lists and objects lie in each other.
const deepestJSON = 16

// level is a list or an object that is being read.
type level struct {
	list  bool
	index int  // of a list: of the next value
	keyed bool // of an object: the next value is that of key
	key   string
	under string // the key that the whole is under
}

// jsonReader knows where in the JSON it is.
type jsonReader struct {
	*reader
	tokens *json.Decoder
	levels []level
}

// json reads JSON values, one after another.
func (r *reader) json(text []byte) error {
	j := &jsonReader{reader: r, tokens: json.NewDecoder(bytes.NewReader(text))}
	for {
		token, err := j.tokens.Token()
		if errors.Is(err, io.EOF) && len(j.levels) == 0 {
			break
		}
		if err == nil {
			err = j.take(token)
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf(": %sbyte %d: %w", j.where(), j.tokens.InputOffset(), err)
		}
	}
	if len(r.list.Prefixes) == 0 && !bytes.Equal(bytes.TrimSpace(text), []byte("[]")) {
		return fmt.Errorf(": no network under the keys %s", strings.Join(jsonKeys, ", "))
	}
	return nil
}

// take reads a token.
func (j *jsonReader) take(token json.Token) error {
	if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
		j.levels = j.levels[:len(j.levels)-1]
		j.next()
		return nil
	}
	if top := j.top(); top != nil && !top.list && !top.keyed {
		top.key, top.keyed = token.(string) // the decoder sees to it that it is one
		return nil
	}
	switch token := token.(type) {
	case json.Delim:
		if len(j.levels) == deepestJSON {
			return fmt.Errorf("more than %d lists and objects in each other", deepestJSON)
		}
		j.levels = append(j.levels, level{list: token == '[', under: j.key()})
		return nil
	case string:
		if j.wanted() {
			if err := j.add(0, token); err != nil {
				return err
			}
		}
	case float64, bool:
		if j.wanted() {
			return fmt.Errorf("%v is neither an address nor a network", token)
		}
	}
	j.next()
	return nil
}

func (j *jsonReader) top() *level {
	if len(j.levels) == 0 {
		return nil
	}
	return &j.levels[len(j.levels)-1]
}

// next steps over a value that was read.
func (j *jsonReader) next() {
	if top := j.top(); top != nil {
		top.index++
		top.keyed = false
	}
}

// wanted reports whether a text at hand has to be a network.
func (j *jsonReader) wanted() bool {
	return slices.Contains(jsonKeys, j.key()) || len(j.levels) == 1 && j.levels[0].list
}

// key is the nearest key that the value at hand is under, without one of
// further out than the list that it is in.
func (j *jsonReader) key() string {
	top := j.top()
	switch {
	case top == nil:
		return ""
	case top.list:
		return top.under
	}
	return top.key
}

// where is the path of the value at hand.
func (j *jsonReader) where() string {
	var b strings.Builder
	for _, l := range j.levels {
		switch {
		case l.list:
			fmt.Fprintf(&b, "[%d]", l.index)
		case b.Len() > 0:
			fmt.Fprintf(&b, ".%.80s", l.key)
		default:
			fmt.Fprintf(&b, "%.80s", l.key)
		}
	}
	if b.Len() > 0 {
		b.WriteString(", ")
	}
	return b.String()
}
