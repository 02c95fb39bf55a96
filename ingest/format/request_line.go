package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// requestSetter sets columns from request lines.
type requestSetter struct {
	decode  record.Decode // of path and query; nil if they are as on the wire
	scratch []byte        // a request target that had no "/"
}

// set sets method, path, query and, of an absolute URI, host. What is no
// request line ("-", nothing, a TLS handshake) sets nothing. It reports whether
// there was a host.
func (s *requestSetter) set(b *record.Builder, request []byte) (hosted bool) {
	method, target, ok := bytes.Cut(request, []byte{' '})
	if !ok || !isToken(method) {
		return false
	}
	if space := bytes.LastIndexByte(target, ' '); space >= 0 && bytes.HasPrefix(target[space+1:], []byte("HTTP/")) {
		target = target[:space]
	}
	b.SetString(record.Method, method, nil)
	return s.setTarget(b, target)
}

// setTarget sets path, query and, of an absolute URI, host.
func (s *requestSetter) setTarget(b *record.Builder, target []byte) (hosted bool) {
	if authority, rest, ok := cutAuthority(target); ok {
		b.SetHost(authority)
		hosted = true
		if target = rest; len(target) == 0 || target[0] != '/' {
			s.scratch = append(append(s.scratch[:0], '/'), target...)
			target = s.scratch
		}
	}
	path, query, _ := bytes.Cut(target, []byte{'?'})
	b.SetText(record.Path, path, s.decode)
	b.SetText(record.Query, query, s.decode)
	return hosted
}

// maxMethodLen bounds what is taken for a method: the longest registered with
// IANA has 17 letters.
const maxMethodLen = 32

// isToken reports whether v can be a method (RFC 9110 section 5.6.2).
func isToken(v []byte) bool {
	if len(v) == 0 || len(v) > maxMethodLen {
		return false
	}
	for _, c := range v {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && !('0' <= c && c <= '9') && bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), c) < 0 {
			return false
		}
	}
	return true
}

// cutAuthority divides an http or https URI behind its authority.
func cutAuthority(target []byte) (authority, rest []byte, ok bool) {
	if len(target) == 0 || target[0] == '/' {
		return nil, nil, false
	}
	colon := bytes.IndexByte(target, ':')
	if colon < 0 || !bytes.HasPrefix(target[colon:], []byte("://")) {
		return nil, nil, false
	}
	if scheme := target[:colon]; !bytes.EqualFold(scheme, []byte("http")) && !bytes.EqualFold(scheme, []byte("https")) {
		return nil, nil, false
	}
	rest = target[colon+len("://"):]
	end := bytes.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	return rest[:end], rest[end:], true
}
