// Package site groups hosts by the site they belong to: the registrable domain
// (eTLD+1) by the Public Suffix List with its private section, so that two
// customers of one hosting platform are two sites.
package site

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Of is the site of a canonical host (referer.CanonicalHost): its registrable
// domain. An address, a public suffix and a name that has none are their own
// site.
func Of(host string) string {
	if isAddress(host) {
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return domain
}

// IsSuffix reports whether a host is a public suffix that the list names:
// nobody's site, or everybody's. One such as com or co.uk is a registry's, and
// one such as github.io a platform's.
func IsSuffix(host string) (is, registry bool) {
	if isAddress(host) {
		return false, false
	}
	suffix, icann := publicsuffix.PublicSuffix(host)
	// A name that no rule covers has its last label for a suffix.
	return suffix == host && (icann || strings.Contains(host, ".")), suffix == host && icann
}

// Brand is the label before the public suffix of a host, as long as that
// suffix is one that registries run and not one of a hosting platform: google
// of www.google.co.uk, and nothing of google.blogspot.com.
func Brand(host string) (label string, ok bool) {
	if isAddress(host) {
		return "", false
	}
	suffix, icann := publicsuffix.PublicSuffix(host)
	rest, found := strings.CutSuffix(host, "."+suffix)
	if !icann || !found {
		return "", false
	}
	return rest[strings.LastIndexByte(rest, '.')+1:], true
}

// isAddress reports whether a host is an IP address: IPv6 ones are in brackets.
func isAddress(host string) bool {
	if strings.HasPrefix(host, "[") {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}
