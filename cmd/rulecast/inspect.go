package main

import (
	"github.com/spf13/cobra"

	"rulecast/analyze/inspect"
	"rulecast/report/view"
)

func inspectCommand(std *streams) *cobra.Command {
	var in inputFlags
	var out outputFlags
	cmd := &cobra.Command{
		Use:   "inspect INPUT...",
		Short: "What is in these logs: formats, columns, span, rejects",
		Long: `inspect reads the inputs whole and says of each in which format it is and
why, what became of its lines, which columns have values and what a lack of them
means, over which time the requests are spread and where that has gaps, whether
clients look anonymised or like proxies, and why lines could not be read.`,
		Example: example(
			"rulecast inspect samples/logs",
			"rulecast inspect --rejects bad-lines.txt access.log.gz",
			"zcat access.log.gz | rulecast inspect -",
		),
		Args: atLeastOne("input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.check(); err != nil {
				return err
			}
			if err := out.checkTables(view.Inspect(inspect.New().Result(), &view.Source{})); err != nil {
				return err
			}
			r, err := in.open(cmd.Context(), std, args, inspect.Columns())
			if err != nil {
				return err
			}
			r.kept = &kept{costs: replayCosts}
			a, src, err := analyse(cmd.Context(), r, inspect.New)
			if err != nil {
				return err
			}
			if err := out.write(std, view.Inspect(a.Result(), src)); err != nil {
				return err
			}
			return r.incomplete(src)
		},
	}
	in.add(cmd)
	in.addMemory(cmd)
	out.add(cmd)
	return cmd
}
