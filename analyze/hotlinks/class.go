package hotlinks

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"rulecast/analyze/site"
	"rulecast/ingest/referer"
)

// Class is what a site is known to be. Sites of a class but Unclassified are
// never to be blocked without somebody deciding so.
type Class string

// The classes. Unclassified sites are judged by their evidence.
const (
	Unclassified Class = ""
	Search       Class = "search"
	Social       Class = "social"
	Webmail      Class = "webmail"
	Translate    Class = "translate"
	Cache        Class = "cache" // archives and the copies of search engines
	Feed         Class = "feed"
	Assistant    Class = "ai"
	Partner      Class = "partner" // for users to fill
)

// classNames are the classes that a file may name, but for none.
var classNames = []Class{Search, Social, Webmail, Translate, Cache, Feed, Assistant, Partner}

// noClass takes a domain out of the class that another line puts it into.
const noClass = "none"

//go:embed classes.txt
var knownClasses string

// Classes say which hosts belong to known sites. The zero value knows none.
type Classes struct {
	domains map[string]Class // a domain and its subdomains
	brands  map[string]Class // one name below all registries' suffixes
}

// KnownClasses are those that are built in.
func KnownClasses() *Classes {
	c := &Classes{}
	if err := c.Extend("classes.txt", knownClasses); err != nil {
		panic(err) // a test reads it
	}
	return c
}

// Extend adds the lines of a file: a class and a domain, which stands for its
// subdomains, too, or a name with ".*", which stands for all domains of that
// name (google.*). "#" begins a comment. The longest domain that fits a host
// decides, domains before names; of two lines for one domain, the later.
// Errors name the file and the line.
func (c *Classes) Extend(file, text string) error {
	if c.domains == nil {
		c.domains, c.brands = map[string]Class{}, map[string]Class{}
	}
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if err := c.add(fields); err != nil {
			return fmt.Errorf("%s:%d: %w", file, n, err)
		}
	}
	return nil
}

func (c *Classes) add(fields []string) error {
	if len(fields) != 2 {
		return fmt.Errorf("%d words: must be a class and a domain", len(fields))
	}
	class := Class(fields[0])
	switch {
	case class == noClass:
		class = Unclassified
	case !slices.Contains(classNames, class):
		return fmt.Errorf("class %q: must be one of %s or %s", fields[0], joined(classNames), noClass)
	}
	if name, ok := strings.CutSuffix(fields[1], ".*"); ok {
		label, valid := referer.CanonicalHost(name)
		if !valid || strings.Contains(label, ".") {
			return fmt.Errorf("%q: must be one name before .*", fields[1])
		}
		c.brands[label] = class
		return nil
	}
	domain, valid := referer.CanonicalHost(fields[1])
	if !valid {
		return fmt.Errorf("%q is not a domain", fields[1])
	}
	if _, registry := site.IsSuffix(domain); registry {
		return fmt.Errorf("%q is a public suffix: everybody's domains end so", fields[1])
	}
	c.domains[domain] = class
	return nil
}

func joined(classes []Class) string {
	var names []string
	for _, c := range classes {
		names = append(names, string(c))
	}
	return strings.Join(names, ", ")
}

// Of is the class of a canonical host.
func (c *Classes) Of(host string) Class {
	for rest := host; rest != ""; {
		if class, ok := c.domains[rest]; ok {
			return class
		}
		_, rest, _ = strings.Cut(rest, ".")
	}
	if label, ok := site.Brand(host); ok {
		return c.brands[label]
	}
	return Unclassified
}
