package format

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"rulecast/ingest/record"
)

// listedDecoder reads rows without a header, of which the fields are known
// beforehand: as one of several lists, told by its length.
type listedDecoder struct {
	plannedRow
	lists [][]string
	table *columnTable
	tabs  bool // TABs separate values, and never spaces
	plans []*fieldPlan
}

func (d *listedDecoder) row(line []byte, b *record.Builder) string {
	if d.plans == nil {
		for _, names := range d.lists {
			d.plans = append(d.plans, planFields(names, d.table, b.Wanted()))
		}
	}
	separator := byte('\t')
	columns := bytes.Count(line, []byte{separator}) + 1
	if columns == 1 && !d.tabs {
		separator = ' '
		columns = bytes.Count(line, []byte{separator}) + 1
	}
	at := slices.IndexFunc(d.plans, func(p *fieldPlan) bool { return p.columns == columns })
	if at < 0 {
		return reasonListed
	}
	d.plan = d.plans[at]
	b.SetPresent(d.plan.present)
	d.mark(line, separator)
	us, reason := d.set(line, b)
	if reason == "" && d.plan.hasTime {
		b.SetTime(us)
	}
	return reason
}

const reasonListed = "number of columns differs from the list of fields"

// listedFields are the names in a list that commas or white space separate, as
// known spells them.
func listedFields(list string, known []string) ([]string, error) {
	names := headerNames(list)
	if len(names) == 0 {
		return nil, fmt.Errorf("the list of fields is empty")
	}
	for i, name := range names {
		at := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
		if at < 0 {
			return nil, fmt.Errorf("unknown field %q; the nearest is %s", name, nearest(name, known))
		}
		names[i] = known[at]
		if slices.Contains(names[:i], names[i]) {
			return nil, fmt.Errorf("field %s stands twice in the list", names[i])
		}
	}
	return names, nil
}

// nearest is the name that takes the fewest edits to become.
func nearest(name string, known []string) string {
	const longest = 64 // of names that are worth it
	name = strings.ToLower(name[:min(len(name), longest)])
	return slices.MinFunc(known, func(a, b string) int {
		return editDistance(name, strings.ToLower(a)) - editDistance(name, strings.ToLower(b))
	})
}

// editDistance is the Levenshtein distance, in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
