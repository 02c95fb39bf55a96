package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// streams are what a command reads from and writes to.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run is the whole program but for the process: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	std := &streams{in: stdin, out: stdout, err: stderr}
	root := rootCommand(std)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return exitCode(root.ExecuteContext(ctx), stderr)
}

func rootCommand(std *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "rulecast",
		Short: "Forecast what an edge access policy would do before anyone ships it",
		Long: `rulecast reads CDN access logs and replays them exactly against candidate
rulesets: how many requests and bytes each rule and each entry would block by
IP, country or Referer, and what good traffic would be hit.

INPUT is a file, a directory, a glob, or - for standard input; plain, gzip,
zstd or bzip2; in any format that "rulecast inspect" recognises.

` + exitCodes,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w; see %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(
		inspectCommand(std), replayCommand(std), diffCommand(std), hotlinksCommand(std), recommendCommand(std), backtestCommand(std), checkCommand(std),
		explainCommand(std), convertCommand(std), compactCommand(std),
	)
	for _, c := range root.Commands() {
		c.Args = usageArgs(c.Args)
		c.DisableFlagsInUseLine = true
	}
	root.Args = usageArgs(root.Args)
	return root
}

// atLeastOne wants an argument, which is called so.
func atLeastOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("%s needs at least one %s", cmd.Name(), what)
		}
		return nil
	}
}

// usageArgs makes what an argument check refuses a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(cmd, args); err != nil {
			return usage(err)
		}
		return nil
	}
}

// example indents the lines of a command's examples as cobra shows them.
func example(lines ...string) string { return "  " + strings.Join(lines, "\n  ") }
