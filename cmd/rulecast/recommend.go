package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"rulecast/analyze/choose"
	"rulecast/analyze/collateral"
	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
	"rulecast/analyze/recommend"
	"rulecast/analyze/replay"
	"rulecast/report"
	"rulecast/report/view"
)

// recommendFlags say what lists are wanted.
type recommendFlags struct {
	inputFlags
	outputFlags
	geoFlags
	judgeFlags
	wishFlags
	current string
	maxNew  int
	top     int
}

// wishFlags are the wishes that recommend and backtest share.
type wishFlags struct {
	provider      string
	objective     string
	perGB         float64
	perMillion    float64
	price         int64
	maxCollateral string
	minPrefix     []int
	maxIPs        int
	maxReferers   int
	countries     bool
}

func (f *wishFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.provider, "provider", "", "the `PROVIDER` whose limits and form the lists have to fit: "+strings.Join(dialect.Names(), ", "))
	fs.StringVar(&f.objective, "objective", "requests", "what of bad traffic `COUNTS`: its requests, bytes or cost")
	fs.Float64Var(&f.perGB, "price-per-gb", 0, "`PRICE` of 10^9 bytes to clients, for --objective cost")
	fs.Float64Var(&f.perMillion, "price-per-million", 0, "`PRICE` of a million requests, for --objective cost")
	fs.Int64Var(&f.price, "price", recommend.DefaultPrice, "stop this `NUMBER` of bad requests for each good one that an address entry denies")
	fs.StringVar(&f.maxCollateral, "max-collateral", "", "deny at most this `SHARE` of good requests by address, such as 0.05%")
	fs.IntSliceVar(&f.minPrefix, "min-prefix", []int{20, 40}, "shortest IPv4 and IPv6 prefix `LENGTHS` suggested")
	fs.IntVar(&f.maxIPs, "max-ips", 0, "suggest at most this `NUMBER` of networks (default: what the provider takes, or 100)")
	fs.IntVar(&f.maxReferers, "max-referers", 0, "suggest at most this `NUMBER` of Referer hosts (default: what the provider takes, or 30)")
	fs.BoolVar(&f.countries, "suggest-countries", false, "suggest countries, too, where no finer entries do most of their work")
}

// options reads the wishes.
func (f *wishFlags) options(cmd *cobra.Command) (recommend.Options, error) {
	var o recommend.Options
	if f.provider == "" {
		return o, usagef("whose lists? --provider %s", strings.Join(dialect.Names(), "|"))
	}
	d, err := dialect.Named(f.provider)
	if err != nil {
		return o, usage(err)
	}
	o = recommend.Options{Dialect: d, Objective: recommend.Objective(f.objective), Price: f.price, MaxCollateral: -1, MaxNew: -1, Countries: f.countries}
	o.Prices = recommend.Prices{PerGB: f.perGB, PerMillion: f.perMillion}
	if cmd.Flags().Changed("max-ips") {
		o.Most[policy.IP] = choose.AtMost(int64(f.maxIPs))
	}
	if cmd.Flags().Changed("max-referers") {
		o.Most[policy.Referer] = choose.AtMost(int64(f.maxReferers))
	}
	switch o.Objective {
	case recommend.Requests, recommend.Bytes:
	case recommend.Cost:
		if f.perGB <= 0 && f.perMillion <= 0 {
			return o, usagef("--objective cost needs --price-per-gb or --price-per-million")
		}
	default:
		return o, usagef("--objective %q: must be requests, bytes or cost", f.objective)
	}
	switch {
	case !(f.perGB >= 0 && f.perGB <= mostPrice) || !(f.perMillion >= 0 && f.perMillion <= mostPrice):
		return o, usagef("--price-per-gb and --price-per-million: must be numbers from 0 to %.0f", mostPrice)
	case o.Objective != recommend.Cost && (f.perGB > 0 || f.perMillion > 0):
		return o, usagef("--price-per-gb and --price-per-million are used with --objective cost only")
	case f.price < 0 || f.price > 1e6:
		return o, usagef("--price %d: must be from 0 to 1000000", f.price)
	case f.maxIPs < 0 || f.maxReferers < 0:
		return o, usagef("--max-ips and --max-referers must not be negative")
	case len(f.minPrefix) > 2 || f.minPrefix[0] < 8 || f.minPrefix[0] > 32 || len(f.minPrefix) == 2 && (f.minPrefix[1] < 16 || f.minPrefix[1] > 64):
		return o, usagef("--min-prefix: must be a length from 8 to 32 for IPv4 and, after a comma, one from 16 to 64 for IPv6")
	}
	o.MinPrefix4, o.MinPrefix6 = f.minPrefix[0], 40
	if len(f.minPrefix) == 2 {
		o.MinPrefix6 = f.minPrefix[1]
	}
	if f.maxCollateral != "" {
		if o.MaxCollateral, err = parseShare(f.maxCollateral); err != nil {
			return o, usagef("--max-collateral %q: must be a share like 0.05%%", f.maxCollateral)
		}
	}
	return o, nil
}

// parseShare reads a share from 0 to 1, or a percentage.
func parseShare(text string) (float64, error) {
	digits, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(digits, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 1) {
		return 0, fmt.Errorf("not a share")
	}
	return v, nil
}

func recommendCommand(std *streams) *cobra.Command {
	f := &recommendFlags{}
	cmd := &cobra.Command{
		Use:   "recommend --provider NAME --own DOMAIN [--current RULESET] INPUT...",
		Short: "Which lists would stop most bad traffic within the provider's limits?",
		Long: `recommend weighs every request, bad or good, for each control on its own:
clients by leaky buckets and the lists of bad networks given, Referer hosts by
the evidence of hotlinks. Then it chooses the lists that stop most bad traffic
for the price of the good traffic that they deny, within the limits of the
provider, and replays them over the same log: every figure about the log is
exact, and what is a forecast says so.

With --output DIR the lists are written there, too: ruleset.yaml, and the files
that the provider takes.`,
		Example: example(
			"rulecast recommend --provider imagekit --own shop.example samples/logs",
			"rulecast recommend --provider cloudflare --own shop.example --current rules.yaml --allow-ranges googlebot.json --output nightly logs/",
		),
		Args: atLeastOne("input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, std, args)
		},
	}
	fs := cmd.Flags()
	f.wishFlags.add(cmd)
	f.judgeFlags.add(cmd)
	fs.StringVar(&f.current, "current", "", "`RULESET` that was in force when the log was written: its good entries are kept")
	fs.IntVar(&f.maxNew, "max-new", 0, "suggest at most this `NUMBER` of networks that the current ruleset does not have (default: any)")
	fs.IntVar(&f.top, "top", 10, "list this `NUMBER` of countries, referers and clients")
	f.inputFlags.add(cmd)
	f.inputFlags.addMemory(cmd)
	f.geoFlags.add(cmd)
	f.outputFlags.add(cmd)
	return cmd
}

func (f *recommendFlags) run(cmd *cobra.Command, std *streams, args []string) error {
	switch {
	case f.top < 0:
		return usagef("--top %d: must not be negative", f.top)
	case f.maxNew < 0:
		return usagef("--max-new %d: must not be negative", f.maxNew)
	}
	if err := f.outputFlags.check(); err != nil {
		return err
	}
	o, err := f.wishFlags.options(cmd)
	if err != nil {
		return err
	}
	if o.Top = f.top; cmd.Flags().Changed("max-new") {
		o.MaxNew = f.maxNew
	}
	if f.current != "" {
		if o.Current, err = loadRuleset(f.current, ""); err != nil {
			return err
		}
	}
	countries, err := f.geoFlags.open()
	if err != nil {
		return err
	}
	of, warnings, err := f.judgeFlags.open(countries, o.Current)
	if err != nil {
		return err
	}
	o.Protect, o.Allow = of.Abuse.Protect, of.Abuse.Allow
	plan, err := collateral.NewPlan(of)
	if err != nil {
		return usage(err)
	}
	r, err := f.inputFlags.open(cmd.Context(), std, args, plan.Columns())
	if err != nil {
		return err
	}
	r.countries, r.warnings = countries, append(r.warnings, warnings...)
	r.kept = (&kept{}).judging(&of)
	if o.Current != nil {
		r.kept.rulesets = append(r.kept.rulesets, o.Current)
	}
	a, src, err := analyse(cmd.Context(), r, plan.New)
	if err != nil {
		return err
	}
	replays := func(c []replay.Candidate) (*replay.Plan, error) {
		return replay.NewPlan(c, countries.from, countries.db)
	}
	j := a.Judge(mostHosts, src.Anonymised() > 0)
	switch {
	case j.Total.Requests == 0: // a list of nothing would be taken for one of nobody
		return cmp.Or(r.incomplete(src), errNoRequest)
	case len(j.Hotlinks.Sites) == 0:
		return errNoOwn
	}
	result, err := recommend.Recommend(j, replays, o)
	if err != nil {
		return err
	}
	if err := reconciled(result.Reconcile(src.Rows())); err != nil {
		return err
	}
	if err := f.outputFlags.write(std, view.Recommend(result, src)); err != nil {
		return err
	}
	if f.dir != "" {
		if err := writeRuleset(f.dir, result.Ruleset); err != nil {
			return err
		}
	}
	return r.incomplete(src)
}

var errNoRequest = errors.New("there is no request to choose lists by")

// mostHosts is how many hosts the hotlinks of a recommendation list: all that
// are judged.
const mostHosts = 1 << 20

// writeRuleset writes a ruleset into a folder, as neutral YAML and in the forms
// that its provider takes.
func writeRuleset(dir string, rs *policy.Ruleset) error {
	write := func(name string, text []byte) error {
		return report.WriteFile(filepath.Join(dir, name), func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
	}
	text, err := dialect.RenderYAML(rs)
	if err != nil {
		return err
	}
	if err := write("ruleset.yaml", text); err != nil {
		return err
	}
	files, err := dialect.RenderFiles(rs)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := write(file.Name, file.Data); err != nil {
			return err
		}
	}
	return nil
}
