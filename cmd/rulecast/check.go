package main

import (
	"net/netip"

	"github.com/spf13/cobra"

	"rulecast/analyze/check"
	"rulecast/analyze/geo"
	"rulecast/analyze/replay"
	"rulecast/report/view"
)

type checkFlags struct {
	inputFlags
	outputFlags
	geoFlags
	provider string
	logs     []string
}

func checkCommand(std *streams) *cobra.Command {
	f := &checkFlags{}
	cmd := &cobra.Command{
		Use:   "check RULESET...",
		Short: "Limits, traps, dead and shadowed entries of a ruleset; no log needed",
		Long: `check reads rulesets, refuses what their provider would not take (exit code 2,
with file, line, column and the limit), and lists what works, though perhaps
not as meant: entries that can never decide anything, lists that together deny
everybody, networks that geo-blocking makes inert, how much of each limit is
used. With --log it also says what share of a log's requests the rule or the
entry of each finding denies.`,
		Example: example(
			"rulecast check samples/rulesets/imagekit.yaml",
			"rulecast check --log samples/logs samples/rulesets/*.json",
		),
		Args: atLeastOne("ruleset"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.check(cmd, std, args) },
	}
	cmd.Flags().StringVar(&f.provider, "provider", "", "refuse rulesets for any other `PROVIDER`")
	cmd.Flags().StringArrayVar(&f.logs, "log", nil, "replay the rulesets on this `INPUT`, to say what share of it a finding denies")
	f.inputFlags.add(cmd)
	f.inputFlags.addMemory(cmd)
	f.geoFlags.add(cmd)
	f.outputFlags.add(cmd)
	return cmd
}

func (f *checkFlags) check(cmd *cobra.Command, std *streams, args []string) error {
	if err := f.outputFlags.check(); err != nil {
		return err
	}
	for _, name := range inputFlagNames {
		if len(f.logs) == 0 && cmd.Flags().Changed(name) {
			return usagef("--%s says how a log is read, and needs --log", name)
		}
	}
	countries, err := f.geoFlags.open()
	if err != nil {
		return err
	}
	options := check.Options{Country: func(a netip.Addr) string {
		if c := countries.db.Country(a); c != geo.Unknown {
			return c.String()
		}
		return ""
	}}
	sets, err := loadRulesets(args, f.provider)
	if err != nil {
		return err
	}
	var list []view.Checked
	var candidates []replay.Candidate
	for _, rs := range sets {
		list = append(list, view.Checked{Ruleset: rs, Result: check.Ruleset(rs, options)})
		candidate := replay.Candidate{Ruleset: rs}
		for _, pair := range check.Pairs(rs, list[len(list)-1].Result.Findings) {
			candidate.Variants = append(candidate.Variants, replay.Variant{Ruleset: pair})
		}
		candidates = append(candidates, candidate)
	}
	if len(f.logs) == 0 {
		return f.outputFlags.write(std, view.Check(list, 0, nil))
	}
	plan, err := replay.NewPlan(candidates, countries.from, countries.db)
	if err != nil {
		return err
	}
	if err := f.checkTables(view.Check(withReplay(list, plan.New().Result(0)), 0, &view.Source{})); err != nil {
		return err
	}
	r, err := f.inputFlags.open(cmd.Context(), std, f.logs, plan.Columns())
	if err != nil {
		return err
	}
	r.countries, r.kept = countries, &kept{costs: replayCosts, rulesets: sets}
	result, src, err := answer(cmd.Context(), r, plan.New, (*replay.Analysis).Result, 0)
	if err != nil {
		return err
	}
	if err := f.outputFlags.write(std, view.Check(withReplay(list, result), result.Total.Requests, src)); err != nil {
		return err
	}
	return r.incomplete(src)
}

// withReplay gives each ruleset its side of a replay.
func withReplay(list []view.Checked, result *replay.Result) []view.Checked {
	for i := range list {
		list[i].Replay = &result.Sides[i]
	}
	return list
}
