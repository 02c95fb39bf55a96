package main

import (
	"errors"

	"github.com/spf13/cobra"

	"rulecast/analyze/collateral"
	"rulecast/analyze/diff"
	"rulecast/analyze/tally"
	"rulecast/report/view"
)

func diffCommand(std *streams) *cobra.Command {
	f := &replayFlags{}
	cmd := &cobra.Command{
		Use:   "diff -r CURRENT -r CANDIDATE INPUT...",
		Short: "What changes between two rulesets?",
		Long: `diff applies two rulesets to every request of the inputs, in one pass, and
lists what the second denies that the first allows, and the other way round: by
rule and entry, with the clients, Referer hosts and countries most affected.
Redirected requests count as denied. In the tables, rules and entries are those
that decide: the candidate's for what is newly denied, the current one's for
what is newly allowed.

` + worthHelp + `
Beside a rule or an entry these figures are about the requests whose fate
changes and that it decides.`,
		Example: example(
			"rulecast diff -r samples/rulesets/imagekit.yaml -r samples/rulesets/candidate.yaml samples/logs",
			"rulecast diff -r samples/rulesets/imagekit.yaml -r samples/rulesets/candidate.yaml --own shop.example samples/logs",
			"rulecast diff -r now.yaml -r next.yaml --fail-if 'newly_denied_served_share > 0.1%' logs/",
		),
		Args: atLeastOne("input"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.diff(cmd, std, args) },
	}
	f.add(cmd)
	return cmd
}

func (f *replayFlags) diff(cmd *cobra.Command, std *streams, args []string) error {
	if len(f.rulesets) != diff.NumSides {
		return usagef("diff needs two rulesets: -r CURRENT -r CANDIDATE")
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
	countries, err := f.geoFlags.open()
	if err != nil {
		return err
	}
	plan, err := diff.NewPlan(sets[diff.Current], sets[diff.Candidate], countries.from, countries.db)
	if err != nil {
		return err
	}
	asked, err := f.worthFlags.open(cmd, countries, sets, true)
	if err != nil {
		return err
	}
	empty, nothing := plan.New().Result(0), asked.nothing()
	conditions, err := parseConditions(f.failIf, view.DiffMetrics(empty, nothing, &view.Source{}))
	if err != nil {
		return err
	}
	if err := f.checkTables(view.DiffWorth(empty, nothing, &view.Source{})); err != nil {
		return err
	}
	r, err := f.inputFlags.open(cmd.Context(), std, args, plan.Columns()|asked.columns())
	if err != nil {
		return err
	}
	r.countries, r.warnings, r.kept = countries, asked.warnings, asked.kept(sets)
	found, src, err := answer(cmd.Context(), r, startWith(asked, plan.New), func(v *valued[*diff.Analysis], top int) *answered[*diff.Result] {
		return &answered[*diff.Result]{v.main.Result(top), v.worth(r.Inputs()), agreesWithDiff}
	}, f.top)
	if err != nil {
		return err
	}
	if err := f.outputFlags.write(std, view.DiffWorth(found.main, &found.worth, src)); err != nil {
		return err
	}
	if held := failIf(conditions, sets[diff.Candidate].Name, view.DiffMetrics(found.main, &found.worth, src)); len(held) > 0 {
		return errors.Join(&failIfError{held}, r.incomplete(src))
	}
	return r.incomplete(src)
}

// agreesWithDiff holds what was judged as changed against what the diff counted.
func agreesWithDiff(j *collateral.Judgement, r *diff.Result) error {
	var errs []error
	for side, total := range [diff.NumSides]tally.Counts{diff.Current: r.NewlyAllowed, diff.Candidate: r.NewlyDenied} {
		var rules []tally.Counts
		for _, c := range r.Rules[side] {
			rules = append(rules, c.NewlyDenied.Plus(c.NewlyAllowed)) // either is nothing
		}
		errs = append(errs, j.Newly[side].Reconcile(r.Rulesets[side].Name, total, rules))
	}
	return errors.Join(errs...)
}
