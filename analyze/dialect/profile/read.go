package profile

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
	"rulecast/ingest/referer"
)

// Value is one value of a list as a file has it.
type Value struct {
	Text string
	Pos  policy.Pos
}

// Entries reads the values of a list. Values that are the same once read get
// a warning and stay: the provider counts them too.
func (p *Profile) Entries(r *source.Report, control policy.Control, values []Value) []policy.Entry {
	out := make([]policy.Entry, 0, len(values))
	first := make(map[string]policy.Pos, len(values))
	for _, v := range values {
		e, warning, err := p.Entry(control, v.Text)
		if err != nil {
			r.Errorf(v.Pos, "%s", err)
			continue
		}
		if warning != "" {
			r.Warnf(v.Pos, "%s", warning)
		}
		e.Pos = v.Pos
		if at, twice := first[e.Text]; twice {
			r.Warnf(v.Pos, "%s twice: first %s", e.Text, at.Where(v.Pos))
		} else {
			first[e.Text] = v.Pos
		}
		out = append(out, e)
	}
	return out
}

// Entry reads one value of a list.
func (p *Profile) Entry(control policy.Control, text string) (e policy.Entry, warning string, err error) {
	switch control {
	case policy.IP:
		e, warning, err = policy.ParseAddress(text)
		if err == nil && !p.IPv6 && e.Kind == policy.PrefixEntry && strings.Contains(text, ":") {
			err = fmt.Errorf("%q: %s takes IPv4 only", cut(text), p.Title)
		}
		return e, warning, err
	case policy.Country:
		return policy.ParseCountry(text)
	}
	e, err = p.host(text)
	return e, "", err
}

// host reads a Referer entry: a host, or a URL of which only the host counts.
func (p *Profile) host(text string) (policy.Entry, error) {
	authority, class := referer.Authority([]byte(text))
	name := string(authority)
	if class != referer.ClassHost {
		switch {
		case strings.Contains(text, "://"):
			return policy.Entry{}, fmt.Errorf("referer %q: only http:// and https:// have a domain", cut(text))
		case p.RefererURLs:
			return policy.Entry{}, fmt.Errorf("referer %q has no scheme: write https://%s", cut(text), cut(text))
		case strings.ContainsAny(text, "/?#\\"):
			return policy.Entry{}, fmt.Errorf("referer %q: must be a host, or a URL with https://", cut(text))
		}
		name = text
	}
	kind, suffix := policy.HostEntry, ""
	if rest, ok := strings.CutPrefix(name, "*."); ok {
		kind, suffix, name = policy.SuffixEntry, "*.", rest
	}
	if strings.Contains(name, "*") {
		return policy.Entry{}, fmt.Errorf("referer %q: a wildcard can only stand for the subdomains, as in *.example.com", cut(text))
	}
	host, ok := referer.CanonicalHost(name)
	if !ok {
		return policy.Entry{}, fmt.Errorf("referer %q: %q is not a host name", cut(text), cut(name))
	}
	return policy.Entry{Kind: kind, Text: suffix + host}, nil
}

func cut(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

// maxRedirect bounds the length of a redirect's target.
const maxRedirect = 2048

// ValidRedirect says what is wrong with the target of a redirect, if anything.
func ValidRedirect(target string) error {
	u, err := url.Parse(target)
	switch {
	case len(target) > maxRedirect:
		return fmt.Errorf("redirect of %d bytes: at most %d", len(target), maxRedirect)
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("redirect %q: must be an http:// or https:// URL", cut(target))
	}
	for i := range len(target) {
		if c := target[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>\^`+"`{|}", c) >= 0 {
			return fmt.Errorf("redirect %q: a URL has no %q; percent-encode it", cut(target), c)
		}
	}
	return nil
}

// Time reads an RFC 3339 time of a validity window, as UTC.
func Time(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q: must be like 2026-01-31T20:00:00Z", cut(text))
	}
	if t.Nanosecond()%1000 != 0 {
		return time.Time{}, errors.New("times are exact to a microsecond, as the logs are")
	}
	return t.UTC(), nil
}

// FormatTime writes a time so that Time reads it back.
func FormatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
