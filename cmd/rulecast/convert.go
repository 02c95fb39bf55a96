package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"rulecast/analyze/convert"
	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
	"rulecast/report"
	"rulecast/report/view"
)

type convertFlags struct {
	to    string
	yaml  bool
	file  string
	quiet bool
}

func convertCommand(std *streams) *cobra.Command {
	f := &convertFlags{}
	cmd := &cobra.Command{
		Use:   "convert RULESET --to PROVIDER",
		Short: "The same ruleset in another provider's form, and what is lost",
		Long: `convert writes a ruleset in the native form of another provider (or of its own)
to standard output, and lists on standard error, entry by entry, what is lost
or changed on the way and whether that denies more or less. What does not fit
the other provider's limits is left out, and listed.`,
		Example: example(
			"rulecast convert samples/rulesets/imagekit.yaml --to cdnetworks",
			"rulecast convert rules.json --to imagekit --yaml -o imagekit.yaml",
		),
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return f.convert(std, args[0]) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.to, "to", "", "the other `PROVIDER`: "+strings.Join(dialect.Names(), ", "))
	fs.BoolVar(&f.yaml, "yaml", false, "write the neutral YAML instead of the native form")
	fs.StringVarP(&f.file, "output", "o", "", "write to this `FILE` instead of standard output")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "do not list what is lost")
	return cmd
}

func (f *convertFlags) convert(std *streams, path string) error {
	if f.to == "" {
		return usagef("convert needs a provider: --to %s", strings.Join(dialect.Names(), "|"))
	}
	if _, err := dialect.Named(f.to); err != nil {
		return usage(err)
	}
	rs, err := loadRuleset(path, "")
	if err != nil {
		return err
	}
	out, losses, err := convert.Convert(rs, f.to)
	if err != nil {
		return err
	}
	if err := f.write(std, out); err != nil {
		return err
	}
	if f.quiet {
		return nil
	}
	width, _ := terminalWidth(std.err)
	return report.WriteText(std.err, view.Convert(rs, out, losses), report.TextOptions{Width: width})
}

func (f *convertFlags) write(std *streams, rs *policy.Ruleset) error {
	render := dialect.Render
	if f.yaml {
		render = dialect.RenderYAML
	}
	text, err := render(rs)
	if err != nil {
		return err
	}
	if f.file != "" {
		return report.WriteFile(f.file, func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
	}
	_, err = std.out.Write(text)
	return err
}
