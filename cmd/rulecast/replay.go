package main

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"rulecast/analyze/collateral"
	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
	"rulecast/analyze/replay"
	"rulecast/analyze/tally"
	"rulecast/report/view"
)

// replayFlags are those that replay and diff share.
type replayFlags struct {
	inputFlags
	outputFlags
	geoFlags
	worthFlags
	rulesets []string
	provider string
	top      int
	failIf   []string
}

func (f *replayFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringArrayVarP(&f.rulesets, "ruleset", "r", nil, "ruleset `FILE`: neutral YAML or a provider's native form")
	fs.StringVar(&f.provider, "provider", "", "refuse rulesets for any other `PROVIDER`")
	fs.IntVar(&f.top, "top", 10, "list this `NUMBER` of countries, referers and clients")
	fs.StringArrayVar(&f.failIf, "fail-if", nil, "exit with 3 if this `CONDITION` on a figure of the summary holds, such as 'denied_share > 1%'")
	f.inputFlags.add(cmd)
	f.inputFlags.addMemory(cmd)
	f.geoFlags.add(cmd)
	f.worthFlags.add(cmd)
	f.outputFlags.add(cmd)
}

// loadRulesets reads rulesets. Those whose files have one name are told apart
// by their paths.
func loadRulesets(paths []string, provider string) ([]*policy.Ruleset, error) {
	var sets []*policy.Ruleset
	byName := map[string]int{}
	for _, path := range paths {
		rs, err := loadRuleset(path, provider)
		if err != nil {
			return nil, err
		}
		sets = append(sets, rs)
		byName[rs.Name]++
	}
	for i, rs := range sets {
		if byName[filepath.Base(paths[i])] > 1 {
			rs.Name = paths[i]
		}
	}
	return sets, nil
}

// loadRuleset reads one ruleset file; what is wrong with it is a usage error.
func loadRuleset(path, provider string) (*policy.Ruleset, error) {
	rs, err := dialect.LoadFor(path, provider)
	if err != nil {
		return nil, usage(err)
	}
	return rs, nil
}

func replayCommand(std *streams) *cobra.Command {
	f := &replayFlags{}
	cmd := &cobra.Command{
		Use:   "replay -r RULESET [-r RULESET ...] INPUT...",
		Short: "What would this ruleset have done?",
		Long: `replay applies one or several candidate rulesets to every request of the
inputs, in one pass. For each rule and each entry it counts the requests and
bytes that it decided (it was the first to deny), matched (it would deny,
whatever other rules do) and had exclusively (nothing else would deny: what is
lost if it is removed). Everything adds up to the requests read, and the
program checks that it does before it prints.

denied_served are requests that the log shows answered below 400 and that the
ruleset would stop: what would really change. The shares of --fail-if count
redirected requests as denied.

` + worthHelp,
		Example: example(
			"rulecast replay -r samples/rulesets/imagekit.yaml samples/logs",
			"rulecast replay -r samples/rulesets/imagekit.yaml --own shop.example --price-per-gb 0.085 samples/logs",
			"rulecast replay -r rules.yaml --table rules --as csv access.log.gz",
			"rulecast replay -r rules.yaml --own shop.example --fail-if 'good_denied_share > 0.1%' logs/2026-11-20",
			"rulecast replay -r rules.yaml --fail-if 'denied_served_share > 0.1%' logs/2026-11-20",
		),
		Args: atLeastOne("input"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.replay(cmd, std, args) },
	}
	f.add(cmd)
	return cmd
}

func (f *replayFlags) replay(cmd *cobra.Command, std *streams, args []string) error {
	if len(f.rulesets) == 0 {
		return usagef("replay needs a ruleset: -r FILE")
	}
	if f.top < 0 {
		return usagef("--top %d: must not be negative", f.top)
	}
	if err := f.outputFlags.check(); err != nil {
		return err
	}
	sets, err := loadRulesets(f.rulesets, f.provider)
	if err != nil {
		return err
	}
	var candidates []replay.Candidate
	for _, rs := range sets {
		c := replay.Candidate{Ruleset: rs}
		for _, v := range dialect.Variants(rs) {
			c.Variants = append(c.Variants, replay.Variant(v))
		}
		candidates = append(candidates, c)
	}
	countries, err := f.geoFlags.open()
	if err != nil {
		return err
	}
	plan, err := replay.NewPlan(candidates, countries.from, countries.db)
	if err != nil {
		return err
	}
	asked, err := f.worthFlags.open(cmd, countries, sets, false)
	if err != nil {
		return err
	}
	empty, nothing := plan.New().Result(0), asked.nothing()
	conditions, err := parseConditions(f.failIf, view.ReplayMetrics(empty, 0, nothing, &view.Source{}))
	if err != nil {
		return err
	}
	if err := f.checkTables(view.ReplayWorth(empty, nothing, &view.Source{})); err != nil {
		return err
	}
	r, err := f.inputFlags.open(cmd.Context(), std, args, plan.Columns()|asked.columns())
	if err != nil {
		return err
	}
	r.countries, r.warnings, r.kept = countries, asked.warnings, asked.kept(sets)
	found, src, err := answer(cmd.Context(), r, startWith(asked, plan.New), func(v *valued[*replay.Analysis], top int) *answered[*replay.Result] {
		return &answered[*replay.Result]{v.main.Result(top), v.worth(r.Inputs()), agreesWithReplay}
	}, f.top)
	if err != nil {
		return err
	}
	if err := f.outputFlags.write(std, view.ReplayWorth(found.main, &found.worth, src)); err != nil {
		return err
	}
	var held []string
	for i, s := range found.main.Sides {
		held = append(held, failIf(conditions, s.Candidate.Ruleset.Name, view.ReplayMetrics(found.main, i, &found.worth, src))...)
	}
	if len(held) > 0 {
		return errors.Join(&failIfError{held}, r.incomplete(src))
	}
	return r.incomplete(src)
}

// agreesWithReplay holds what was judged as denied against what the replay
// counted.
func agreesWithReplay(j *collateral.Judgement, r *replay.Result) error {
	var errs []error
	for i := range r.Sides {
		s := &r.Sides[i]
		var matched []tally.Counts
		for _, c := range s.Rules {
			matched = append(matched, c.Matched)
		}
		errs = append(errs, j.Harms[i].Reconcile(s.Candidate.Ruleset.Name, s.Denied.Plus(s.Redirected), matched))
	}
	return errors.Join(errs...)
}
