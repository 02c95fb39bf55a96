package main

import (
	"errors"

	"github.com/spf13/cobra"

	"rulecast/analyze/diff"
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
what is newly allowed.`,
		Example: example(
			"rulecast diff -r samples/rulesets/imagekit.yaml -r samples/rulesets/candidate.yaml samples/logs",
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
	conditions, err := parseConditions(f.failIf, view.DiffMetrics(&diff.Result{}, &view.Source{}))
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
	if err := f.checkTables(view.Diff(plan.New().Result(0), &view.Source{})); err != nil {
		return err
	}
	r, err := f.inputFlags.open(cmd.Context(), std, args, plan.Columns())
	if err != nil {
		return err
	}
	r.countries = countries
	result, src, err := answer(cmd.Context(), r, plan.New, (*diff.Analysis).Result, f.top)
	if err != nil {
		return err
	}
	if err := f.outputFlags.write(std, view.Diff(result, src)); err != nil {
		return err
	}
	if held := failIf(conditions, sets[diff.Candidate].Name, view.DiffMetrics(result, src)); len(held) > 0 {
		return errors.Join(&failIfError{held}, r.incomplete(src))
	}
	return r.incomplete(src)
}
