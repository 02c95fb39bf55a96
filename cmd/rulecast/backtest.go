package main

import (
	"errors"

	"github.com/spf13/cobra"

	"rulecast/analyze/backtest"
	"rulecast/analyze/collateral"
	"rulecast/analyze/replay"
	"rulecast/report/view"
)

// backtestFlags say what lists are tested.
type backtestFlags struct {
	inputFlags
	outputFlags
	geoFlags
	judgeFlags
	wishFlags
}

func backtestCommand(std *streams) *cobra.Command {
	f := &backtestFlags{}
	cmd := &cobra.Command{
		Use:   "backtest --provider NAME --own DOMAIN INPUT...",
		Short: "Would the lists have held on later days?",
		Long: `backtest asks of each day of the log (UTC) what recommend would have suggested
at its end, knowing nothing of what came later, and counts what those lists
would have done on each of the seven days after. Beside them it tests the lists
that people use: the worst addresses of the last day, the worst networks of a
week, what stops most at no price, and the first of its own lists, kept; and it
says what the best lists would have been in hindsight.

What is bad and what is good on the days tested is judged by the whole log.`,
		Example: example(
			"rulecast backtest --provider imagekit --own shop.example samples/days",
			"rulecast backtest --provider cloudflare --own shop.example --allow-ranges googlebot.json --as json logs/",
		),
		Args: atLeastOne("input"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, std, args) },
	}
	f.wishFlags.add(cmd)
	f.judgeFlags.add(cmd)
	f.inputFlags.add(cmd)
	f.inputFlags.addMemory(cmd)
	f.geoFlags.add(cmd)
	f.outputFlags.add(cmd)
	return cmd
}

func (f *backtestFlags) run(cmd *cobra.Command, std *streams, args []string) error {
	if err := f.outputFlags.check(); err != nil {
		return err
	}
	wanted, err := f.wishFlags.options(cmd)
	if err != nil {
		return err
	}
	countries, err := f.geoFlags.open()
	if err != nil {
		return err
	}
	of, warnings, err := f.judgeFlags.open(countries, nil)
	if err != nil {
		return err
	}
	wanted.Protect, wanted.Allow = of.Abuse.Protect, of.Abuse.Allow
	if err := f.checkTables(view.Backtest(&backtest.Result{}, &view.Source{})); err != nil {
		return err
	}
	judged, err := collateral.NewPlan(of)
	if err != nil {
		return usage(err)
	}
	plan := backtest.NewPlan(judged)
	r, err := f.inputFlags.open(cmd.Context(), std, args, plan.Columns())
	if err != nil {
		return err
	}
	r.countries, r.warnings = countries, append(r.warnings, warnings...)
	r.kept = (&kept{}).judging(&of)
	a, src, err := analyse(cmd.Context(), r, plan.New)
	if err != nil {
		return err
	}
	result, err := a.Run(backtest.Options{
		Options: wanted, Anonymised: src.Anonymised() > 0,
		Replays: func(c []replay.Candidate) (*replay.Plan, error) {
			return replay.NewPlan(c, countries.from, countries.db)
		},
	})
	if short := (*backtest.TooShortError)(nil); errors.As(err, &short) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	if len(result.Sites) == 0 {
		return errNoOwn
	}
	if err := reconciled(result.Reconcile(src.Rows())); err != nil {
		return err
	}
	if err := f.outputFlags.write(std, view.Backtest(result, src)); err != nil {
		return err
	}
	return r.incomplete(src)
}
