package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/renameio/v2"
)

// The forms that WriteFiles knows.
const (
	AsTable   = "table"
	AsCSV     = "csv"
	AsParquet = "parquet"
	AsJSON    = "json"
	AsHTML    = "html"
)

// fileWidth is that of a terminal table in a file.
const fileWidth = 160

// WriteFiles writes a document into a directory, which is created, in each of
// the forms: DIR/TABLE.csv and DIR/TABLE.parquet for each table, and for one more
// with the warnings; DIR/COMMAND.json, DIR/COMMAND.html and DIR/COMMAND.txt for
// all. All files are written beside their names and synced before the first one
// is renamed, so that an error while writing leaves what was there before.
func WriteFiles(dir string, doc *Document, as []string) error {
	if err := doc.check(); err != nil {
		return err
	}
	var files []output
	for _, form := range as {
		of, err := outputs(doc, form)
		if err != nil {
			return err
		}
		files = append(files, of...)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return writeAll(dir, files)
}

// WriteFile writes a file beside its name, syncs it and renames it.
func WriteFile(path string, write func(io.Writer) error) error {
	return writeAll(filepath.Dir(path), []output{{filepath.Base(path), write}})
}

// output is a file to be.
type output struct {
	name  string
	write func(io.Writer) error
}

func outputs(doc *Document, form string) ([]output, error) {
	switch form {
	case AsTable:
		return []output{{doc.Command + ".txt", func(w io.Writer) error {
			return WriteText(w, doc, TextOptions{Width: fileWidth})
		}}}, nil
	case AsJSON:
		return []output{{doc.Command + ".json", func(w io.Writer) error { return WriteJSON(w, doc) }}}, nil
	case AsHTML:
		return []output{{doc.Command + ".html", func(w io.Writer) error { return WriteHTML(w, doc) }}}, nil
	case AsCSV:
		return perTable(doc, ".csv", WriteCSV), nil
	case AsParquet:
		return perTable(doc, ".parquet", WriteParquet), nil
	}
	return nil, fmt.Errorf("report: unknown form %q: must be table, csv, parquet, json or html", form)
}

func perTable(doc *Document, ext string, write func(io.Writer, *Table) error) []output {
	var files []output
	for _, t := range append(slices.Clone(doc.Tables), doc.warnings()) {
		files = append(files, output{t.Name + ext, func(w io.Writer) error { return write(w, &t) }})
	}
	return files
}

func writeAll(dir string, files []output) (err error) {
	var pending []*renameio.PendingFile
	defer func() {
		// No-ops for those that were renamed.
		for _, f := range pending {
			err = errors.Join(err, f.Cleanup())
		}
	}()
	for _, file := range files {
		path := filepath.Join(dir, file.name)
		f, err := renameio.NewPendingFile(path, renameio.WithTempDir(dir), renameio.WithPermissions(0o666))
		if err != nil {
			return err
		}
		pending = append(pending, f)
		if err := file.write(f); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := f.Sync(); err != nil {
			return err
		}
	}
	for _, f := range pending {
		if err := f.CloseAtomicallyReplace(); err != nil {
			return err
		}
	}
	return nil
}
