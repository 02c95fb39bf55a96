package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"rulecast/analyze/convert"
	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
	"rulecast/report"
	"rulecast/report/view"
)

type convertFlags struct {
	to     string
	yaml   bool
	output string
	quiet  bool
}

func convertCommand(std *streams) *cobra.Command {
	f := &convertFlags{}
	cmd := &cobra.Command{
		Use:   "convert RULESET --to PROVIDER[/FORM]",
		Short: "The same ruleset in another provider's form, and what is lost",
		Long: `convert writes a ruleset in the native form of another provider (or of its own)
to standard output, and lists on standard error, entry by entry, what is lost
or changed on the way and whether that denies more or less. What does not fit
the other provider's limits is left out, and listed.

Where a provider has several native forms, the first has room for all of its
rules and is written unless --to names another:

` + formList() + `
Some are taken in parts by the provider's tools: -o with a directory writes the
form as one file, which rulecast reads back, and the parts beside it.`,
		Example: example(
			"rulecast convert samples/rulesets/imagekit.yaml --to cdnetworks",
			"rulecast convert rules.json --to imagekit --yaml -o imagekit.yaml",
			"rulecast convert rules.json --to awswaf/terraform -o waf.tf",
		),
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return f.convert(std, args[0]) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.to, "to", "", "the other `PROVIDER`, or PROVIDER/FORM: "+strings.Join(dialect.Names(), ", "))
	fs.BoolVar(&f.yaml, "yaml", false, "write the neutral YAML instead of the native form")
	fs.StringVarP(&f.output, "output", "o", "", "write to this `FILE`, or into this directory (if it is one, or ends with /), instead of standard output")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "do not list what is lost")
	return cmd
}

// formList is a line for each form of the providers that have several.
func formList() string {
	var b strings.Builder
	for _, d := range dialect.All() {
		for i := 0; i < len(d.Forms) && len(d.Forms) > 1; i++ {
			fmt.Fprintf(&b, "  %-22s %s\n", d.Name+"/"+d.Forms[i].Name, d.Forms[i].About)
		}
	}
	return b.String()
}

func (f *convertFlags) convert(std *streams, path string) error {
	if f.to == "" {
		return usagef("convert needs a provider: --to %s", strings.Join(dialect.Names(), "|"))
	}
	target, err := dialect.Named(f.to)
	if err != nil {
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
	files, err := f.render(target, out)
	if err != nil {
		return err
	}
	if err := f.write(std, files); err != nil {
		return err
	}
	if f.quiet {
		return nil
	}
	width, _ := terminalWidth(std.err)
	return report.WriteText(std.err, view.Convert(rs, out, losses), report.TextOptions{Width: width})
}

func (f *convertFlags) render(target *dialect.Dialect, rs *policy.Ruleset) ([]dialect.File, error) {
	if !f.yaml {
		return target.Files(rs)
	}
	text, err := dialect.RenderYAML(rs)
	return []dialect.File{{Name: "ruleset.yaml", Data: text}}, err
}

// write writes the first file to standard output or to the file named, or all
// of them into the directory named.
func (f *convertFlags) write(std *streams, files []dialect.File) error {
	if f.output == "" {
		_, err := std.out.Write(files[0].Data)
		return err
	}
	if f.output[len(f.output)-1] == filepath.Separator { // a directory, there or not
		if err := os.MkdirAll(f.output, 0o777); err != nil {
			return err
		}
	}
	if info, err := os.Stat(f.output); err != nil || !info.IsDir() {
		files[0].Name = f.output
		return writeFile(files[0])
	}
	for _, file := range files {
		file.Name = filepath.Join(f.output, file.Name)
		if err := writeFile(file); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(file dialect.File) error {
	return report.WriteFile(file.Name, func(w io.Writer) error {
		_, err := w.Write(file.Data)
		return err
	})
}
