package format

import (
	"bytes"
	"slices"
	"strings"

	"rulecast/ingest/cut"
	"rulecast/ingest/record"
)

// maxPlanColumns bounds the columns that are looked at: no format has a
// quarter as many to choose from. Those beyond are counted only.
const maxPlanColumns = cut.MaxColumns

// fieldKind is how a column of a row is read. Those up to lastChecked may be
// wrong, which rejects the row, and are read even if nobody wants them.
type fieldKind uint8

const (
	fieldStamp   fieldKind = iota // YYYY-MM-DD, and HH:MM:SS in the column behind it
	fieldDate                     // YYYY-MM-DD
	fieldClock                    // HH:MM:SS
	fieldW3CTime                  // HH:MM[:SS[.S...]]
	fieldMillis                   // ms since the Unix epoch
	fieldSeconds                  // seconds since the Unix epoch, with or without a fraction
	fieldClient
	fieldMethod // an HTTP method, or "-"
	fieldStatus
	fieldBytes
	lastChecked = fieldBytes
)

const (
	fieldHost fieldKind = lastChecked + 1 + iota
	fieldReferer
	fieldUserAgent
	fieldText     // text, whatever it is
	fieldString   // the same for a dictionary
	fieldScheme   // http or https in either case
	fieldRelative // a path that may lack its "/"
	fieldTarget   // a path or an http URI, with its query
	fieldARL      // the same behind "/" and the name of a host
	fieldCountry
	fieldASN
)

// timeOfDay reports whether a column holds half of a time.
func (k fieldKind) timeOfDay() bool { return k <= fieldW3CTime }

// namedField is a column by the name that a header gives it.
type namedField struct {
	name  string // in lower case
	field fieldKind
	sets  record.Column
}

// columnTable is how the columns of a family of formats are read.
type columnTable struct {
	fields    []namedField  // the first of two for the same record column is preferred
	decode    record.Decode // of text and dictionary values; nil for none
	userAgent record.Decode // of User-Agents
	otherHost string        // the column that is read where that of the host is "-"
	dateless  bool          // times of day need no column of dates: the decoder knows them
}

// fieldPlan is what a header comes to for the columns wanted.
type fieldPlan struct {
	columns   int // in a row
	needed    int // of those, up to the last one that is read
	hasClient bool
	hasTime   bool
	hasDate   bool // the time is of a day that the rows name
	present   record.Columns
	steps     []planStep
}

type planStep struct {
	column  int // from 0
	instead int // the column that is read when this one is "-", or -1
	field   fieldKind
	sets    record.Column
	also    record.Columns // what a fieldTarget sets beside sets, if it has it
	decode  record.Decode
}

// planFields finds the columns of the table among those that a header names.
// Names are compared without regard to case; of a name that stands twice the
// first counts.
func planFields(names []string, table *columnTable, wants record.Columns) *fieldPlan {
	p := &fieldPlan{columns: len(names)}
	places := make(map[string]int)
	for i, name := range names[:min(len(names), maxPlanColumns)] {
		name = strings.ToLower(name)
		if _, twice := places[name]; !twice {
			places[name] = i
		}
	}
	column := func(name string) int {
		if at, ok := places[name]; ok {
			return at
		}
		return -1
	}
	p.hasDate = column("date") >= 0 && column("time") >= 0
	for _, f := range table.fields {
		at := column(f.name)
		half := f.field.timeOfDay() // of a time: both or none
		switch {
		case at < 0, half && p.hasTime, !half && p.present.Has(f.sets):
			continue
		case half && !p.hasDate && (f.field == fieldDate || !table.dateless):
			continue
		}
		p.add(planStep{column: at, instead: -1, field: f.field, sets: f.sets}, table, wants, column)
	}
	p.hasClient, p.hasTime = p.present.Has(record.Client), p.present.Has(record.Time)
	p.joinStamp()
	return p
}

// joinStamp makes one step of those for a date and for the time of day in the
// column behind it.
func (p *fieldPlan) joinStamp() {
	date := slices.IndexFunc(p.steps, func(s planStep) bool { return s.field == fieldDate })
	clock := slices.IndexFunc(p.steps, func(s planStep) bool { return s.field == fieldClock })
	if date >= 0 && clock >= 0 && p.steps[clock].column == p.steps[date].column+1 {
		p.steps[date].field = fieldStamp
		p.steps = slices.Delete(p.steps, clock, clock+1)
	}
}

// add takes a column in.
func (p *fieldPlan) add(s planStep, table *columnTable, wants record.Columns, column func(string) int) {
	sets := record.ColumnSet(s.sets)
	switch s.field {
	case fieldMillis, fieldSeconds:
		p.hasTime = true
	case fieldReferer:
		sets |= record.ColumnSet(record.RefererHost)
	case fieldHost:
		if table.otherHost != "" {
			s.instead = column(table.otherHost)
		}
	case fieldTarget, fieldARL:
		s.also = record.ColumnSet(record.Query, record.Host) &^ p.present
		sets |= s.also & record.ColumnSet(record.Query) // a host is there only sometimes
	}
	p.present |= sets
	if s.field > lastChecked && wants&(sets|s.also) == 0 {
		return
	}
	switch s.field {
	case fieldUserAgent:
		s.decode = table.userAgent
	case fieldScheme:
		s.decode = lowerCase
	case fieldRelative:
		s.decode = rootedPath
	default:
		s.decode = table.decode
	}
	p.steps = append(p.steps, s)
	p.needed = max(p.needed, s.column+1, s.instead+1)
}

// headerNames are the names of a header, which white space or commas separate.
func headerNames(header string) []string {
	return strings.FieldsFunc(header, func(r rune) bool { return r <= ' ' || r == ',' })
}

// plannedRow is the row at hand, cut into columns that are read as a plan says.
type plannedRow struct {
	plan  *fieldPlan // nil before the first header
	ends  cut.Ends   // where the columns end, up to plan.needed; they begin one behind
	found int        // separators in the row
	stamp stampCache
}

// next is the first line of block, without its end, and its size with it. If
// there is a plan, the line is cut into columns.
func (d *plannedRow) next(block []byte, separator byte) (line []byte, size int) {
	if d.plan == nil {
		return cutLine(block)
	}
	d.found, size = cut.Row(block, separator, d.plan.needed, &d.ends)
	line = block[:size:len(block)] // others may write behind
	if size < len(block) {
		size++
	}
	if last := len(line) - 1; last >= 0 && line[last] == '\r' {
		line = line[:last]
	}
	d.endLast(line)
	return line, size
}

// mark cuts a line into columns.
func (d *plannedRow) mark(line []byte, separator byte) {
	d.found, _ = cut.Row(line, separator, d.plan.needed, &d.ends)
	d.endLast(line)
}

// endLast notes where the last column ends, behind which is no separator.
func (d *plannedRow) endLast(line []byte) {
	if d.found < d.plan.needed {
		d.ends[d.found] = int32(len(line))
	}
}

// value is a column of the row.
func (d *plannedRow) value(line []byte, column int) []byte {
	if column == 0 {
		return line[:d.ends[0]]
	}
	return line[d.ends[column-1]+1 : d.ends[column]]
}

// set fills the row from its columns, but for the time, which it returns: µs
// since the Unix epoch, or since midnight if the plan has no date.
func (d *plannedRow) set(line []byte, b *record.Builder) (us int64, reason string) {
	steps := d.plan.steps
	for i := range steps {
		s := &steps[i]
		v := d.value(line, s.column)
		switch s.field {
		case fieldStamp:
			us, reason = d.stamp.parse(v, d.value(line, s.column+1))
			if reason != "" {
				return 0, reason
			}
		case fieldClient:
			if !b.SetClient(v) {
				return 0, reasonClient
			}
		case fieldStatus:
			status, ok := parseStatus(v)
			if !ok {
				return 0, reasonStatus
			}
			b.SetStatus(status)
		case fieldBytes:
			n, ok := parseBytes(v)
			if !ok {
				return 0, reasonBytes
			}
			b.SetBytes(n)
		case fieldDate, fieldClock, fieldMillis, fieldSeconds, fieldW3CTime, fieldMethod:
			n, reason := d.setRare(s, v, b)
			if reason != "" {
				return 0, reason
			}
			us += n
		default:
			d.setPlain(s, v, line, b)
		}
	}
	return us, ""
}

// setRare reads the kinds of columns that may be wrong and that few logs have.
func (d *plannedRow) setRare(s *planStep, v []byte, b *record.Builder) (us int64, reason string) {
	ok := true
	switch s.field {
	case fieldDate:
		if us, ok = d.stamp.date.parse(v); !ok {
			return 0, reasonDate
		}
	case fieldClock:
		us, ok = parseClock(v)
	case fieldMillis:
		us, ok = parseMillis(v)
	case fieldSeconds:
		us, ok = parseSeconds(v)
	case fieldW3CTime:
		us, ok = parseW3CTime(v)
	case fieldMethod:
		if !isToken(v) {
			return 0, reasonMethod
		}
		b.SetString(record.Method, v, s.decode)
	}
	if !ok {
		return 0, reasonTime
	}
	return us, ""
}

// setPlain sets a column that cannot be wrong.
func (d *plannedRow) setPlain(s *planStep, v, line []byte, b *record.Builder) {
	switch s.field {
	case fieldHost:
		if len(v) == 1 && v[0] == '-' && s.instead >= 0 {
			v = d.value(line, s.instead)
		}
		b.SetHost(v)
	case fieldReferer:
		b.SetReferer(v, s.decode)
	case fieldUserAgent:
		b.SetString(record.UserAgent, v, s.decode)
	case fieldText, fieldRelative:
		b.SetText(s.sets, v, s.decode)
	case fieldString, fieldScheme:
		b.SetString(s.sets, v, s.decode)
	case fieldTarget:
		d.setTarget(s, v, b)
	case fieldARL:
		d.setTarget(s, withoutARLHost(v), b)
	case fieldCountry:
		b.SetCountry(v)
	case fieldASN:
		b.SetASN(parseASN(v))
	}
}

// setTarget sets the path, and the query and the host if they come from
// nowhere else.
func (d *plannedRow) setTarget(s *planStep, v []byte, b *record.Builder) {
	present := d.plan.present
	root := v[:0]
	authority, rest, absolute := cutAuthority(v)
	if absolute {
		root = v[bytes.IndexByte(v, '/'):][:len("/")]
		v = rest
		if s.also.Has(record.Host) {
			b.SetHost(authority)
			present |= hostColumn
		}
	}
	path, query, _ := bytes.Cut(v, []byte{'?'})
	if len(path) == 0 {
		path = root
	}
	b.SetText(record.Path, path, s.decode)
	if s.also.Has(record.Query) {
		b.SetText(record.Query, query, s.decode)
	}
	b.SetPresent(present)
}
