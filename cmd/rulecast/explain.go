package main

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rulecast/analyze/explain"
	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/ingest"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
	"rulecast/report/view"
)

type explainFlags struct {
	outputFlags
	geoFlags
	clientFlags
	formFlags
	rulesets                     []string
	ip, referer, url, country, t string
	line                         string
}

func explainCommand(std *streams) *cobra.Command {
	f := &explainFlags{}
	cmd := &cobra.Command{
		Use:   "explain -r RULESET (--ip A [--referer R] [--url U] [--country C] [--time T] | --line 'LOG LINE')",
		Short: "Why is this request denied or allowed?",
		Long: `explain takes one request, from flags or from a line of a log, and shows every
rule in the order tried, whether it was met and why, and which changes to the
ruleset would turn the verdict round.`,
		Example: example(
			"rulecast explain -r samples/rulesets/imagekit.yaml --ip 198.51.100.7 --referer https://hotlinker.example/page",
			"rulecast explain -r rules.json --ip 2001:db8::7 --country DE --url https://www.example.com/browse/index.html",
			`rulecast explain -r rules.yaml --line "$(tail -1 access.log)"`,
		),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.explain(cmd, std) },
	}
	fs := cmd.Flags()
	fs.StringArrayVarP(&f.rulesets, "ruleset", "r", nil, "ruleset `FILE`")
	fs.StringVar(&f.ip, "ip", "", "the client's `ADDRESS`")
	fs.StringVar(&f.referer, "referer", "", "the Referer `HEADER`; without the flag there is none")
	fs.StringVar(&f.url, "url", "", "the `URL` asked for, whole or from the path on")
	fs.StringVar(&f.country, "country", "", "the client's `CODE`, instead of looking the address up; ZZ is unknown")
	fs.StringVar(&f.t, "time", "", "when, for rules with a validity window; `TIME` as RFC 3339 (default: now)")
	fs.StringVar(&f.line, "line", "", "take the request from this `LINE` of a log")
	f.formFlags.add(cmd)
	f.clientFlags.add(cmd)
	f.geoFlags.add(cmd)
	f.outputFlags.add(cmd)
	return cmd
}

func (f *explainFlags) explain(cmd *cobra.Command, std *streams) error {
	if len(f.rulesets) != 1 {
		return usagef("explain needs one ruleset: -r FILE")
	}
	if (f.line == "") == (f.ip == "") {
		return usagef("explain needs a request: either --ip ADDRESS or --line 'LOG LINE'")
	}
	for _, name := range []string{"referer", "url", "time"} {
		if f.line != "" && cmd.Flags().Changed(name) {
			return usagef("--%s does not go with --line", name)
		}
	}
	for _, name := range slices.Concat(formFlagNames, clientFlagNames) {
		if f.line == "" && cmd.Flags().Changed(name) {
			return usagef("--%s says how a log is read, and needs --line", name)
		}
	}
	if err := f.outputFlags.check(); err != nil {
		return err
	}
	rs, err := loadRuleset(f.rulesets[0], "")
	if err != nil {
		return err
	}
	countries, err := f.geoFlags.open()
	if err != nil {
		return err
	}
	var q *explain.Request
	var from string
	if f.line != "" {
		q, from, err = f.fromLine(cmd.Context(), countries)
	} else {
		q, from, err = f.fromFlags(cmd.Flags().Changed("referer"), countries)
	}
	if err != nil {
		return err
	}
	if f.line == "" && q.Time.IsZero() && slices.ContainsFunc(rs.Rules, hasWindow) {
		q.Time = time.Now().UTC()
	}
	doc := view.Explain(rs, q, explain.Explain(rs, q), from)
	if f.line == "" && f.url == "" && slices.ContainsFunc(rs.Rules, hasScope) {
		doc.Warnings = append(doc.Warnings, "no --url was given: the request is taken for one of the homepage, /")
	}
	return f.outputFlags.write(std, doc)
}

func hasScope(r policy.Rule) bool { return r.Scope.Kind != policy.AllRequests || r.Part > 0 }

func hasWindow(r policy.Rule) bool { return !r.From.IsZero() || !r.Until.IsZero() }

// place decides the country of a request whose log says logged.
func (f *explainFlags) place(a netip.Addr, logged geo.Country, countries *countrySource) (geo.Country, string, error) {
	if f.country != "" {
		code := strings.ToUpper(f.country)
		if code != geo.Unknown.String() && !policy.IsCountry(code) {
			return 0, "", usagef("--country %q: not an ISO 3166-1 alpha-2 code", f.country)
		}
		return geo.Parse(code), "as --country says", nil
	}
	if logged != geo.Unknown && countries.from != geo.GeoIPOnly {
		return logged, "as the log says", nil
	}
	if countries.from == geo.LogOnly {
		return geo.Unknown, "the log does not say", nil
	}
	info := *countries
	info.from = geo.GeoIPOnly
	return countries.db.Country(a), info.String(), nil
}

func (f *explainFlags) fromFlags(hasReferer bool, countries *countrySource) (*explain.Request, string, error) {
	addr, err := netip.ParseAddr(f.ip)
	if err != nil {
		return nil, "", usagef("--ip %q: not an address", f.ip)
	}
	q := &explain.Request{Client: addr.Unmap().WithZone(""), Class: referer.ClassAbsent, Path: "/"}
	if hasReferer {
		q.Referer, q.Class = referer.Parse([]byte(f.referer))
	}
	if f.t != "" {
		if q.Time, err = parseTime("time", f.t); err != nil {
			return nil, "", err
		}
	}
	if err := f.setURL(q); err != nil {
		return nil, "", err
	}
	var from string
	q.Country, from, err = f.place(q.Client, geo.Unknown, countries)
	return q, from, err
}

// setURL takes the URL apart as a request does: path and query stay as they
// are written.
func (f *explainFlags) setURL(q *explain.Request) error {
	if f.url == "" {
		return nil
	}
	rest := f.url
	if scheme, after, ok := strings.Cut(f.url, "://"); ok && scheme != "" && !strings.ContainsAny(scheme, "/?") {
		u, err := url.Parse(f.url)
		if err != nil {
			return usagef("--url %q: %v", f.url, err)
		}
		host, ok := referer.CanonicalHost(u.Host)
		if !ok {
			return usagef("--url %q: no valid host", f.url)
		}
		q.Host, rest = host, "/"
		if i := strings.IndexAny(after, "/?"); i >= 0 {
			rest = after[i:]
		}
	}
	rest, _, _ = strings.Cut(rest, "#")
	q.Path, q.Query, _ = strings.Cut(rest, "?")
	if !strings.HasPrefix(q.Path, "/") {
		q.Path = "/" + q.Path
	}
	return nil
}

// fromLine reads the request from a line of a log.
func (f *explainFlags) fromLine(ctx context.Context, countries *countrySource) (*explain.Request, string, error) {
	proxies, err := f.clientFlags.open()
	if err != nil {
		return nil, "", err
	}
	q, logged, err := readLine(ctx, strings.TrimRight(f.line, "\r\n")+"\n", ingest.Options{Form: f.Form, Trusted: proxies.trusted()})
	if err != nil {
		return nil, "", usagef("--line: %w", err)
	}
	var from string
	q.Country, from, err = f.place(q.Client, logged, countries)
	return q, from, err
}

// readLine reads the one request that a text holds, as the options say.
func readLine(ctx context.Context, text string, opts ingest.Options) (*explain.Request, geo.Country, error) {
	opts.Columns = record.ColumnSet(record.Time, record.Client, record.Country, record.Host, record.Path, record.Query, record.RefererHost)
	opts.Stdin = strings.NewReader(text)
	r, err := ingest.Open([]string{"-"}, opts)
	if err != nil {
		return nil, 0, err
	}
	var found *explain.Request
	var logged geo.Country
	var requests int
	for _, s := range r.Streams(1) {
		err := s.Each(ctx, func(b *record.Batch) error {
			if b.Rows > 0 {
				found, logged = firstRequest(b)
				requests += b.Rows
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	if err := r.Close(); err != nil {
		return nil, 0, err
	}
	in := r.Inputs()[0]
	switch {
	case in.Err != nil:
		return nil, 0, in.Err
	case in.Rejects > 0:
		return nil, 0, fmt.Errorf("%s: %s", in.Format, in.Reasons[0].Reason)
	case requests != 1:
		return nil, 0, fmt.Errorf("%d requests in it, where one is wanted", requests)
	}
	return found, logged, nil
}

func firstRequest(b *record.Batch) (*explain.Request, geo.Country) {
	d := b.Dicts
	ref := b.IDs(record.RefererHost)[0]
	q := &explain.Request{
		Client: d.Clients.Addr(b.IDs(record.Client)[0]),
		Class:  d.RefererHosts.Class(ref),
		Host:   d.Hosts.String(b.IDs(record.Host)[0]),
		Path:   string(b.Text(record.Path).At(0)),
		Query:  string(b.Text(record.Query).At(0)),
	}
	if q.Class == referer.ClassHost {
		q.Referer = d.RefererHosts.String(ref)
	}
	if t := b.Ints(record.Time)[0]; t != record.NoTime {
		q.Time = time.UnixMicro(t).UTC()
	}
	return q, geo.Parse(d.Countries.Bytes(b.IDs(record.Country)[0]))
}
