package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// requestLine sets what stands in the first line of a request.
type requestLine struct {
	target []byte // scratch: a request target with the "/" that it lacks
}

// set sets method, path, query and, of an absolute URI, host. What is no
// request line ("-", nothing, a TLS handshake) sets nothing. It reports
// whether there was a host.
func (r *requestLine) set(b *record.Builder, request []byte, decode record.Decode) (hosted bool) {
	method, target, ok := divideRequest(request)
	if !ok {
		return false
	}
	b.SetString(record.Method, method, nil)
	return r.setTarget(b, target, decode)
}

// divideRequest divides a request line; false if it is none.
func divideRequest(request []byte) (method, target []byte, ok bool) {
	method, target, ok = bytes.Cut(request, []byte{' '})
	if !ok || !isToken(method) || isDash(method) {
		return nil, nil, false
	}
	if space := bytes.LastIndexByte(target, ' '); space >= 0 && bytes.HasPrefix(target[space+1:], []byte("HTTP/")) {
		target = target[:space]
	}
	return method, target, true
}

// setTarget is the part of set that is about the target of the request.
func (r *requestLine) setTarget(b *record.Builder, target []byte, decode record.Decode) (hosted bool) {
	if authority, rest, ok := cutAuthority(target); ok {
		b.SetHost(authority)
		hosted = true
		if target = rest; len(target) == 0 || target[0] != '/' {
			r.target = append(append(r.target[:0], '/'), target...)
			target = r.target
		}
	}
	path, query, _ := bytes.Cut(target, []byte{'?'})
	b.SetText(record.Path, path, decode)
	b.SetText(record.Query, query, decode)
	return hosted
}

// setURL is setTarget for logs of absolute URLs, whose scheme it sets, too.
func (r *requestLine) setURL(b *record.Builder, target []byte, decode record.Decode) (hosted bool) {
	if hosted = r.setTarget(b, target, decode); hosted {
		b.SetString(record.Scheme, target[:bytes.IndexByte(target, ':')], nil)
	}
	return hosted
}

// setAbsolute is set for logs of absolute URLs.
func (r *requestLine) setAbsolute(b *record.Builder, request []byte, decode record.Decode) (hosted bool) {
	hosted = r.set(b, request, decode)
	if hosted {
		_, target, _ := bytes.Cut(request, []byte{' '})
		b.SetString(record.Scheme, target[:bytes.IndexByte(target, ':')], nil)
	}
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
