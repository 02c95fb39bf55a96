package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rulecast/ingest/compact"
	"rulecast/ingest/record"
	"rulecast/report"
	"rulecast/report/view"
)

// compactColumns are those that some analysis of rulecast looks at.
var compactColumns = record.AllColumns &^ record.ColumnSet(record.Forwarded, record.RequestID)

type compactFlags struct {
	inputFlags
	dir     string
	columns []string
}

func compactCommand(std *streams) *cobra.Command {
	f := &compactFlags{}
	cmd := &cobra.Command{
		Use:   "compact INPUT... -o DIR",
		Short: "Logs to Parquet that replays many times faster",
		Long: `compact writes the requests of each input to a Parquet file of its own in DIR,
with the columns that rulecast looks at. The files are inputs like any other,
give the same results, and open in any Parquet reader. Lines that cannot be
read are not in them; --rejects keeps those.`,
		Example: example(
			"rulecast compact samples/logs -o compacted",
			"rulecast compact --since 2026-11-01 --until 2026-11-08 logs/ -o week-45",
		),
		Args: atLeastOne("input"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.compact(cmd, std, args) },
	}
	f.inputFlags.add(cmd)
	cmd.Flags().StringVarP(&f.dir, "output", "o", "", "write into this `DIR`, which is made if need be")
	cmd.Flags().StringSliceVar(&f.columns, "columns", nil, "keep only these `COLUMNS` (default: all but forwarded and request_id)")
	return cmd
}

func (f *compactFlags) compact(cmd *cobra.Command, std *streams, args []string) error {
	if f.dir == "" {
		return usagef("compact needs a directory to write to: -o DIR")
	}
	columns, err := f.columnSet()
	if err != nil {
		return err
	}
	f.whole = true // for one file each, in the order of the log
	r, err := f.inputFlags.open(cmd.Context(), std, args, columns)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.dir, 0o777); err != nil {
		return errors.Join(err, r.Close())
	}
	names := outputNames(r.Inputs())
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(f.dir, name)
	}
	if err := spareInputs(paths, r.Inputs()); err != nil {
		return errors.Join(err, r.Close())
	}
	files := compact.NewFiles(paths, columns)
	_, src, err := analyse(cmd.Context(), r, files.New)
	if err != nil {
		files.Abort()
		return err
	}
	made, rows, err := files.Close()
	if err != nil {
		files.Abort()
		return err
	}
	if rows != src.Rows() {
		return reconciled(fmt.Errorf("%d rows written, %d read", rows, src.Rows()))
	}
	if !f.quiet {
		fmt.Fprintf(std.err, "wrote %s to %s\n", view.Plural(int64(made), "file"), f.dir)
		for _, doubt := range slices.Concat(view.Faults(src), view.CopyWarnings(src), view.ClientWarnings(src)) {
			fmt.Fprintln(std.err, "warning: "+report.SafeText(doubt))
		}
		for _, note := range view.ClientNotes(src) {
			fmt.Fprintln(std.err, "note: "+note)
		}
	}
	return r.incomplete(src)
}

// spareInputs refuses to write over what is to be read.
func spareInputs(paths []string, inputs []record.Input) error {
	for _, path := range paths {
		out, err := os.Stat(path)
		if err != nil {
			continue // it is not there yet
		}
		for _, in := range inputs {
			if info, err := os.Stat(in.Name); err == nil && os.SameFile(out, info) {
				return usagef("%s is one of the inputs: write to another directory", path)
			}
		}
	}
	return nil
}

func (f *compactFlags) columnSet() (record.Columns, error) {
	if len(f.columns) == 0 {
		return compactColumns, nil
	}
	set := record.ColumnSet(record.Client)
	for _, name := range f.columns {
		i := slices.IndexFunc(slices.Collect(allColumns), func(c record.Column) bool { return c.String() == name })
		if i < 0 {
			return 0, usagef("--columns %s: no such column; there are %s", name, record.AllColumns)
		}
		set |= record.ColumnSet(record.Column(i))
	}
	return set, nil
}

func allColumns(yield func(record.Column) bool) {
	for c := range record.NumColumns {
		if !yield(c) {
			return
		}
	}
}

// outputNames gives each input a file name of its own: its base name without
// the extension of its packing, or as much of its path as tells it apart.
func outputNames(inputs []record.Input) []string {
	names := make([]string, len(inputs))
	taken := map[string]int{}
	for i, in := range inputs {
		names[i] = baseName(filepath.Base(in.Name))
		taken[names[i]]++
	}
	used := map[string]bool{}
	for i, in := range inputs {
		name := names[i]
		if taken[name] > 1 {
			flat := strings.Trim(filepath.ToSlash(filepath.Clean(in.Name)), "/.")
			name = baseName(strings.ReplaceAll(flat, "/", "__"))
		}
		other := name
		for n := i + 1; used[other]; n++ {
			other = fmt.Sprintf("%s-%d", name, n)
		}
		used[other] = true
		names[i] = other + ".parquet"
	}
	return names
}

// baseName is a name without the extension of its packing, and without a dot
// in front: a reader of the directory would leave the file out.
func baseName(name string) string {
	if name == "-" {
		return "stdin"
	}
	name = strings.TrimLeft(name, ".")
	for _, ext := range []string{".gz", ".zst", ".bz2", ".parquet"} {
		name = strings.TrimSuffix(name, ext)
	}
	if name == "" {
		return "input"
	}
	return name
}
