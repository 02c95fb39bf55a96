package view

import (
	"fmt"
	"strings"

	"rulecast/analyze/inspect"
	"rulecast/report"
)

// addressesTable says what clients look like, by family of addresses.
func addressesTable(r *inspect.Result) report.Table {
	t := report.Table{Name: "addresses", Title: "Clients", Columns: columns(
		text("family"), count("clients", "clients", 0), count("requests", "requests", 0), count("private_requests", "requests", 0),
		count("forwarded_requests", "requests", 0), count("masked_clients", "clients", 0), report.Column{Name: "masked_share", Type: report.Share},
	)}
	for i, a := range []inspect.Addresses{r.V4, r.V6} {
		if a.Clients > 0 {
			t.AddRow([]string{"IPv4", "IPv6"}[i], a.Clients, a.Requests, a.Private, a.Forwarded, a.Masked, share(a.Masked, a.Clients))
		}
	}
	return t
}

// addressWarnings are the doubts whether clients are whom they seem.
func addressWarnings(r *inspect.Result, src *Source) []string {
	var out []string
	counted := src.Anonymised() > 0 // there is a warning already
	if n := r.V4; !counted && n.Anonymised(false) {
		out = append(out, fmt.Sprintf("%sIPv4 addresses are anonymised: %s of %s (%s) end with .0, where chance gives one in 256; "+
			"no entry can be a single address of these, only a /24 or more", some(n), report.Grouped(n.Masked), Plural(n.Clients, "client"), percent(n.Masked, n.Clients)))
	}
	if n := r.V6; !counted && n.Anonymised(true) {
		out = append(out, fmt.Sprintf("%sIPv6 addresses are anonymised: the last 64 bits of %s of %s (%s) are 0; "+
			"no entry can be a single address of these, only a /64 or more", some(n), report.Grouped(n.Masked), Plural(n.Clients, "client"), percent(n.Masked, n.Clients)))
	}
	if src.Proxied {
		return out
	}
	private, forwarded := r.V4.Private+r.V6.Private, r.V4.Forwarded+r.V6.Forwarded
	switch {
	case behindProxies(r):
		out = append(out, fmt.Sprintf("%s of requests come, with an X-Forwarded-For, from what looks like proxies in front (%s): "+
			"if so, the clients are behind, and --client-ip-from xff --trusted-proxies ADDRESSES finds them",
			percent(r.Proxies.Requests, r.Total.Requests), peerNames(&r.Proxies)))
	case 100*private >= r.Total.Requests && private > 0 && 2*forwarded >= private:
		out = append(out, fmt.Sprintf("%s from private addresses, which are proxies of yours: if X-Forwarded-For names the clients, "+
			"--client-ip-from xff --trusted-proxies ADDRESSES finds them", come(private, r.Total.Requests)))
	case 100*private >= r.Total.Requests && private > 0:
		out = append(out, fmt.Sprintf("%s from private addresses: no rule at a CDN can name those, and no X-Forwarded-For says who is behind", come(private, r.Total.Requests)))
	}
	return out
}

// some is in front of anonymised addresses if many others are not: then only
// some of the inputs are.
func some(a inspect.Addresses) string {
	if 10*a.Masked < 9*a.Clients {
		return "some "
	}
	return ""
}

// How many requests an address has on average, at least, if a log is taken to
// be written behind proxies; clients that send an X-Forwarded-For themselves
// have few each.
const requestsOfProxy = 10

// behindProxies reports whether at least half of the requests come from what
// looks like proxies.
func behindProxies(r *inspect.Result) bool {
	p := &r.Proxies
	return p.Count > 0 && 2*p.Requests >= r.Total.Requests && p.Requests >= requestsOfProxy*p.Count
}

func come(n, total int64) string {
	return fmt.Sprintf("%s (%s) come", Plural(n, "request"), percent(n, total))
}

// peerNames lists a few addresses with most requests.
func peerNames(p *inspect.Proxies) string {
	var names []string
	for _, peer := range p.Top[:min(len(p.Top), 3)] {
		names = append(names, peer.Addr.String())
	}
	list := strings.Join(names, ", ")
	if more := p.Count - int64(len(names)); more > 0 {
		list += fmt.Sprintf(" and %s more", report.Grouped(more))
	}
	return list
}
