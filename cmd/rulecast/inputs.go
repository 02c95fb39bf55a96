package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/ingest"
	"rulecast/ingest/record"
	"rulecast/ingest/source/object"
	"rulecast/report"
	"rulecast/report/view"
)

// inputFlags say which requests are read, and how.
type inputFlags struct {
	clientFlags
	formFlags
	storeFlags
	since, until string
	rejects      string
	maxRejects   string
	maxLine      int
	workers      int
	keepCopies   bool
	quiet        bool
	memory       string // "" if there is no flag: no budget
	whole        bool   // no flag: one worker reads all of an input
}

func (f *inputFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	f.formFlags.add(cmd)
	f.storeFlags.add(cmd)
	fs.StringVar(&f.since, "since", "", "leave out requests before this `TIME` (RFC 3339, or a date, UTC)")
	fs.StringVar(&f.until, "until", "", "leave out requests at or after this `TIME`")
	f.clientFlags.add(cmd)
	fs.StringVar(&f.rejects, "rejects", "", "write the lines that could not be read, with their position, to `FILE`")
	fs.StringVar(&f.maxRejects, "max-rejects", "1%", "most rejected lines, as a number or a `SHARE` of all lines, before the exit code is 4")
	fs.IntVar(&f.maxLine, "max-line", ingest.DefaultMaxLine, "longest line that is read, in `BYTES`")
	fs.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "read and match with this many `WORKERS`; the result is the same with any")
	fs.BoolVar(&f.keepCopies, "keep-copies", false, "read files, too, that have the same content as another, and requests that CloudFront has delivered in two forms, instead of counting them as duplicates")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no progress and no summary line on standard error")
}

// inputFlagNames are the flags that add makes and that mean nothing without a
// log. (--quiet and --workers do no harm.)
var inputFlagNames = slices.Concat(formFlagNames, []string{"since", "until", "rejects", "max-rejects", "max-line", "keep-copies", "memory"}, storeFlagNames, clientFlagNames)

// parseTime reads --since and --until.
func parseTime(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("--%s %q: must be a time like 2026-11-21T08:00:00Z or a date", flag, text)
}

// limitRejects reads --max-rejects and says whether there are too many.
func (f *inputFlags) limitRejects() (exceeded func(rejects, lines int64) bool, err error) {
	text, percent := strings.CutSuffix(f.maxRejects, "%")
	if percent {
		share, err := strconv.ParseFloat(text, 64)
		if err != nil || !(share >= 0 && share <= 100) {
			return nil, usagef("--max-rejects %q: must be a number of lines, or a share like 1%%", f.maxRejects)
		}
		return func(rejects, lines int64) bool { return float64(rejects) > share/100*float64(lines) }, nil
	}
	most, err := strconv.ParseInt(text, 10, 64)
	if err != nil || most < 0 {
		return nil, usagef("--max-rejects %q: must be a number of lines, or a share like 1%%", f.maxRejects)
	}
	return func(rejects, _ int64) bool { return rejects > most }, nil
}

// reading is an open reader with what its flags ask of it.
type reading struct {
	*ingest.Reader
	flags    *inputFlags
	std      *streams
	exceeded func(rejects, lines int64) bool
	started  time.Time
	proxies  *trustedProxies // nil: the client is the peer
	warnings []string
	// countries is what places the clients; nil if nobody asks.
	countries *countrySource

	args    []string
	options ingest.Options
	budget  int64 // bytes for all; 0: none
	// kept is what the analysis keeps of the values in a log; nil if no two of them
	// can be taken together for it.
	kept   *kept
	pooled *view.Pooled // what was taken together; nil: nothing
}

// openError is an error of finding the inputs: a mistake in naming them, unless
// a server does not answer, or answers for itself.
func openError(err error) error {
	var answer *object.Error
	if errors.As(err, &answer) && answer.Status != http.StatusNotFound || errors.Is(err, context.Canceled) {
		return err
	}
	return usage(err)
}

// open checks the flags and finds the inputs; no log is read yet.
func (f *inputFlags) open(ctx context.Context, std *streams, args []string, columns record.Columns) (*reading, error) {
	if f.workers < 1 {
		return nil, usagef("--workers %d: must be at least 1", f.workers)
	}
	if f.maxLine < 1 {
		return nil, usagef("--max-line %d: must be at least 1", f.maxLine)
	}
	exceeded, err := f.limitRejects()
	if err != nil {
		return nil, err
	}
	since, err := parseTime("since", f.since)
	if err != nil {
		return nil, err
	}
	until, err := parseTime("until", f.until)
	if err != nil {
		return nil, err
	}
	proxies, err := f.clientFlags.open()
	if err != nil {
		return nil, err
	}
	memory, err := f.budget()
	if err != nil {
		return nil, err
	}
	options := ingest.Options{
		Form: f.Form, Columns: columns, MaxLine: f.maxLine, Rejects: f.rejects, Whole: f.whole,
		Since: since, Until: until, Trusted: proxies.trusted(), Stdin: std.in,
		Endpoint: f.endpoint, Region: f.region, Anonymous: f.anonymous,
	}
	r, err := ingest.OpenContext(ctx, args, options)
	if err != nil {
		return nil, openError(err)
	}
	return &reading{
		Reader: r, flags: f, std: std, exceeded: exceeded, started: time.Now(), proxies: proxies,
		args: args, options: options, budget: memory,
	}, nil
}

// analyse runs an analysis over all that a reading has, and accounts for the
// inputs.
func analyse[A fold.Analysis[A]](ctx context.Context, r *reading, start func() A) (A, *view.Source, error) {
	a, err := readWithin(ctx, r, start)
	if err != nil {
		return a, nil, err
	}
	src := &view.Source{Inputs: r.Inputs(), Windowed: r.flags.since != "" || r.flags.until != "", Pruned: r.Pruned(), Pooled: r.pooled}
	src.Warnings = append(src.Warnings, r.warnings...)
	if r.proxies != nil {
		src.Proxied, src.Warnings = true, append(src.Warnings, r.proxies.warnings...)
	}
	if countries := r.countries; countries != nil {
		src.Countries, src.CountryFromLog = countries.String(), countries.from == geo.LogOnly
		src.Warnings = append(src.Warnings, countries.warnings()...)
	}
	if !r.flags.quiet {
		fmt.Fprintln(r.std.err, r.summary(src))
	}
	return a, src, r.unreadable(src)
}

// read runs an analysis over all inputs but the copies of others, and over all
// requests but those that are delivered twice, and closes the reader.
func read[A fold.Analysis[A]](ctx context.Context, r *reading, workers int, start func() A) (a A, err error) {
	var screen *terminal
	if !r.flags.quiet {
		screen = progressOn(r.std)
	}
	done := showProgress(screen, r)
	if !r.flags.keepCopies {
		err = r.leaveTwins(ctx)
	}
	if err == nil {
		a, err = fold.Run(ctx, r.Streams(workers), start)
	}
	done()
	if closing := r.Close(); err == nil {
		err = closing
	}
	return a, err
}

// leaveTwins leaves out what is there twice.
func (r *reading) leaveTwins(ctx context.Context) error {
	if err := r.LeaveCopies(ctx); err != nil || r.flags.whole {
		return err // what is read as a whole is kept as a whole
	}
	found, err := r.LeaveRepeats(ctx, r.flags.workers)
	if found.TooMany {
		r.warnings = append(r.warnings, fmt.Sprintf("%s of the same distributions and hours are in more than one directory, and have too many requests to tell those that are delivered twice: they count twice",
			view.Plural(int64(found.Inputs), "log")))
	}
	return err
}

// summary says in one line what was read.
func (r *reading) summary(src *view.Source) string {
	var size int64
	for i := range src.Inputs {
		size += src.Inputs[i].BytesRead
	}
	line := fmt.Sprintf("read %s, %s, %s in %.1f s", view.Plural(int64(len(src.Inputs)), "input"), report.HumanBytes(size),
		view.Plural(src.Rows(), "request"), time.Since(r.started).Seconds())
	if n := src.Rejects(); n > 0 {
		line += fmt.Sprintf("; %s could not be read", view.Plural(n, "line"))
	}
	if src.Pooled != nil {
		line += "; values with few requests were taken together to stay within --memory " + src.Pooled.Memory
	}
	return line
}

// unreadable is the error of a reading that gave nothing at all because none
// of its inputs could be read.
func (r *reading) unreadable(src *view.Source) error {
	var first error
	for i := range src.Inputs {
		in := &src.Inputs[i]
		if in.Err == nil || in.Lines > 0 {
			return nil
		}
		if first == nil {
			first = fmt.Errorf("%s: %w", in.Name, in.Err)
		}
	}
	if first != nil && len(src.Inputs) > 1 {
		return fmt.Errorf("none of the %d inputs could be read; the first: %w", len(src.Inputs), first)
	}
	return first
}

// incomplete is the error of a reading that could not read all of its input
// whole, nil otherwise.
func (r *reading) incomplete(src *view.Source) error {
	var faults []string
	for i := range src.Inputs {
		if in := &src.Inputs[i]; in.Err != nil {
			faults = append(faults, in.Name)
		}
	}
	if len(faults) > 0 {
		return &incompleteError{"not read whole: " + view.Names(faults)}
	}
	if r.exceeded(src.Rejects(), src.Lines()) {
		return &incompleteError{fmt.Sprintf("%d of %d lines were rejected, more than --max-rejects %s", src.Rejects(), src.Lines(), r.flags.maxRejects)}
	}
	return nil
}

// geoFlags say where countries come from.
type geoFlags struct {
	file string
	from string
}

func (f *geoFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "geoip", "", "MaxMind-format `FILE` that places addresses, instead of the table that is built in")
	cmd.Flags().StringVar(&f.from, "country-from", "prefer-log", "`SOURCE` of countries to believe: the log (log), the database (geoip), or the log first (prefer-log)")
}

// countrySource is an open database and how it is asked.
type countrySource struct {
	db   *geo.Database
	from geo.From
}

func (f *geoFlags) open() (*countrySource, error) {
	from, err := geo.ParseFrom(f.from)
	if err != nil {
		return nil, usage(err)
	}
	if f.file == "" {
		db, err := geo.Builtin()
		if err == nil && from != geo.LogOnly {
			db.Prepare()
		}
		return &countrySource{db, from}, err
	}
	if from == geo.LogOnly {
		return nil, usagef("--geoip is not used with --country-from log")
	}
	db, err := geo.Open(f.file)
	if err != nil {
		return nil, usage(err)
	}
	return &countrySource{db, from}, nil
}

func (c *countrySource) String() string {
	if c.from == geo.LogOnly {
		return "as the log says"
	}
	info := c.db.Info()
	text := info.Name
	if !info.Date.IsZero() {
		text += " of " + info.Date.Format(time.DateOnly)
	}
	if info.Path != "" {
		text += " (" + info.Path + ")"
	}
	if c.from == geo.PreferLog {
		text += ", where the log does not say"
	}
	return text
}

func (c *countrySource) warnings() []string {
	if c.from != geo.LogOnly && c.db.Errors() > 0 {
		return []string{"the country database is damaged: some addresses could not be looked up, and count as unknown"}
	}
	return nil
}

// reconciler is a result that can be held against the requests read.
type reconciler interface{ Reconcile(rowsRead int64) error }

// answer analyses all that a reading has, sums it up with tables of so many
// values, and makes sure that it adds up.
func answer[A fold.Analysis[A], R reconciler](ctx context.Context, r *reading, start func() A, result func(A, int) R, top int) (R, *view.Source, error) {
	var none R
	a, src, err := analyse(ctx, r, start)
	if err != nil {
		return none, nil, err
	}
	found := result(a, top)
	return found, src, reconciled(found.Reconcile(src.Rows()))
}

// reconciled turns the error of counts that do not add up into one that says
// whose fault it is. Nothing is reported then.
func reconciled(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the counts do not add up, which is a defect of rulecast; nothing is reported: %w", err)
}
